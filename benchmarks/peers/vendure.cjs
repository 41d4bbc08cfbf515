"use strict";
// Vendure's OrderCalculator.applyPriceAdjustments on its own entities and stock promotions.
//
// Zones, tax rates, shipping and the configuration are stubbed as in Vendure's own unit test of the
// class (one zone, one tax rate of 0 %, no shipping method); there is no database, GraphQL or
// saving. A category is a list of its variants, as facets would be looked up in the database.

const vendure = require("@vendure/core");
const serve = require("./serve.cjs");

const ZONE = new vendure.Zone({ id: "zone", name: "Zone", members: [] });
const UNTAXED = new vendure.TaxRate({
  id: "untaxed",
  name: "untaxed",
  enabled: true,
  value: 0,
  zone: ZONE,
});

const configuration = {
  taxOptions: {
    taxZoneStrategy: { determineTaxZone: () => ZONE },
    taxLineCalculationStrategy: new vendure.DefaultTaxLineCalculationStrategy(),
    orderTaxCalculationStrategy: new vendure.DefaultOrderTaxCalculationStrategy(),
  },
  orderOptions: {
    orderLineDiscountDistributionStrategy:
      new vendure.DefaultOrderLineDiscountDistributionStrategy(),
  },
};

const calculator = new vendure.OrderCalculator(
  configuration,
  { getAllWithMembers: async () => [ZONE] },
  { getApplicableTaxRate: async () => UNTAXED },
  { findOne: async () => undefined },
  { getEligibleShippingMethods: async () => [] },
  new vendure.RequestContextCacheService(),
);

const context = new vendure.RequestContext({
  apiType: "shop",
  channel: new vendure.Channel({ id: "1", code: "web", pricesIncludeTax: false }),
  languageCode: "en",
  isAuthorized: true,
  authorizedAsOwnerOnly: false,
  session: {},
});

function args(values) {
  return Object.entries(values).map(([name, value]) => ({
    name,
    value: Array.isArray(value) ? JSON.stringify(value) : String(value),
  }));
}

/** Conditions and actions of one promotion, in the form in which they are stored. */
function rule({ kind, key, least, amount, percent }, lines) {
  if (kind === "percent") {
    const members = lines.filter((line) => line.category === key).map((line) => line.sku);
    return {
      conditions: [],
      actions: [
        {
          code: vendure.productsPercentageDiscount.code,
          args: args({
            discount: percent,
            productVariantIds: members.length ? members : [`of-${key}`],
          }),
        },
      ],
    };
  }
  if (kind === "buy_get") {
    return {
      conditions: [
        {
          code: vendure.buyXGetYFreeCondition.code,
          args: args({ amountX: 2, variantIdsX: [key], amountY: 1, variantIdsY: [key] }),
        },
      ],
      actions: [{ code: vendure.buyXGetYFreeAction.code, args: [] }],
    };
  }
  return {
    conditions: [
      {
        code: vendure.minimumOrderAmount.code,
        args: args({ amount: least, taxInclusive: false }),
      },
    ],
    actions: [{ code: vendure.orderFixedDiscount.code, args: args({ discount: amount }) }],
  };
}

function load({ lines, promotions }) {
  const order = new vendure.Order({
    id: "order",
    couponCodes: [],
    surcharges: [],
    shippingLines: [],
    promotions: [],
    lines: lines.map(
      ({ sku, price, quantity }) =>
        new vendure.OrderLine({
          id: `line-${sku}`,
          productVariant: new vendure.ProductVariant({ id: sku }),
          productVariantId: sku,
          taxCategoryId: "standard",
          quantity,
          orderPlacedQuantity: 0,
          initialListPrice: price,
          listPrice: price,
          listPriceIncludesTax: false,
          adjustments: [],
          taxLines: [],
        }),
    ),
  });
  const offers = promotions.map(
    (promotion) =>
      new vendure.Promotion({
        id: promotion.name,
        name: promotion.name,
        enabled: true,
        ...rule(promotion, lines),
      }),
  );
  return async () => {
    await calculator.applyPriceAdjustments(context, order, offers);
    const adjustments = order.lines.reduce((sum, line) => sum + line.adjustments.length, 0);
    return { total: order.subTotalWithTax, adjustments };
  };
}

serve(load);
