from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from omnicommerce.adapters.sql import migrations
from omnicommerce.adapters.sql.engine import make_engine
from omnicommerce.adapters.sql.tables import metadata
from omnicommerce.kernel.errors import AdapterError


@pytest.fixture
def engine(empty_url: str) -> Iterator[sa.Engine]:
    """Give an engine on an empty database of each real kind."""
    made = make_engine(empty_url)
    yield made
    made.dispose()


def _seen(engine: sa.Engine) -> dict[str, Any]:
    """Return all that can be seen of the tables, in a form that compares."""
    inspector = sa.inspect(engine)
    return {
        table: {
            "columns": [
                (c["name"], repr(c["type"]), c["nullable"], c["default"])
                for c in inspector.get_columns(table)
            ],
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "foreign": sorted(map(repr, inspector.get_foreign_keys(table))),
            "unique": sorted(map(repr, inspector.get_unique_constraints(table))),
            "checks": sorted(map(repr, inspector.get_check_constraints(table))),
            "indexes": sorted(
                (str(i["name"]), i["column_names"], _texts(i.get("dialect_options", {})))
                for i in inspector.get_indexes(table)
            ),
            "options": inspector.get_table_options(table),
        }
        for table in sorted(metadata.tables)
    }


def _texts(options: dict[str, Any]) -> list[str]:
    return sorted(f"{name} {option}" for name, option in options.items())


def test_migrations_make_the_tables_of_the_code(engine: sa.Engine) -> None:
    """The revisions and the tables in code describe one schema: columns, keys, checks, indexes."""
    migrations.upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": migrations.VERSION_TABLE}
        )
        assert compare_metadata(context, metadata) == []
    migrated = _seen(engine)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    assert _seen(engine) == migrated


def test_upgrading_twice_changes_nothing(engine: sa.Engine) -> None:
    """An upgrade of an upgraded database does nothing, and current and check agree."""
    assert migrations.current(engine) is None
    with pytest.raises(AdapterError, match="no tables"):
        migrations.check(engine)
    migrations.upgrade(engine)
    migrations.upgrade(engine)
    assert migrations.current(engine) == migrations.HEAD
    migrations.check(engine)


def test_an_upgrade_that_broke_off_can_be_repeated(engine: sa.Engine) -> None:
    """Where the server keeps tables of a broken upgrade, the next one goes on from there."""
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("drop table oc_schema"))
        metadata.tables["oc_hold_part"].drop(connection)
    migrations.upgrade(engine)
    assert migrations.current(engine) == migrations.HEAD


def test_the_newest_revision_is_the_one_this_release_needs() -> None:
    """HEAD names the last revision that is shipped."""
    config = Config()
    config.set_main_option("script_location", str(migrations.__path__[0]))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD
