"use strict";
// Medusa's PromotionModuleService.computeActions, with its one read of the database stubbed.
//
// The promotions are handed over as its codes, as at a checkout, so that it asks the database once:
// the stub returns all of them, loaded with their rules. Saving, serialising and the cart's totals
// (decorateCartTotals) are left out. Amounts are major units, as in Medusa.

const Promotions = require("@medusajs/promotion").default.service;
const serve = require("./serve.cjs");

const AMOUNT = "fixed";
const PERCENT = "percentage";

function where(attribute, operator, ...values) {
  return { attribute, operator, values: values.map((value) => ({ value: String(value) })) };
}

/** One promotion with its rules, in the form in which the service's repository returns it. */
function stored({ name, kind, key, least, amount, percent }) {
  const common = { id: name, code: name, is_automatic: false, is_tax_inclusive: false, rules: [] };
  if (kind === "percent") {
    return {
      ...common,
      type: "standard",
      application_method: {
        type: PERCENT,
        value: percent,
        target_type: "items",
        allocation: "across",
        target_rules: [where("items.product.category", "eq", key)],
      },
    };
  }
  if (kind === "buy_get") {
    return {
      ...common,
      type: "buyget",
      application_method: {
        type: PERCENT,
        value: 100,
        target_type: "items",
        allocation: "each",
        max_quantity: 1,
        apply_to_quantity: 1,
        buy_rules_min_quantity: 2,
        buy_rules: [where("items.product.id", "eq", key)],
        target_rules: [where("items.product.id", "eq", key)],
      },
    };
  }
  return {
    ...common,
    type: "standard",
    rules: [where("subtotal", "gte", least / 100)],
    application_method: {
      type: AMOUNT,
      value: amount / 100,
      currency_code: "eur",
      target_type: "order",
      target_rules: [],
    },
  };
}

function load({ lines, promotions }) {
  const rows = promotions.map(stored);
  const codes = rows.map((row) => row.code);
  const repository = { getFreshManager: () => ({}) };
  const service = new Promotions(
    { baseRepository: repository, promotionService: { list: async () => rows } },
    {},
  );
  const items = lines.map(({ sku, category, price, quantity }) => ({
    id: sku,
    quantity,
    subtotal: (price * quantity) / 100,
    original_total: (price * quantity) / 100,
    is_discountable: true,
    product: { id: sku, category },
  }));
  const subtotal = lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0) / 100;
  const cart = { currency_code: "eur", subtotal, items };
  return async () => {
    const actions = await service.computeActions(codes, cart, { prevent_auto_promotions: true });
    const off = actions.reduce((sum, { amount }) => sum + Number(amount), 0);
    return { total: Math.round((subtotal - off) * 1e6) / 1e4, adjustments: actions.length };
  };
}

serve(load);
