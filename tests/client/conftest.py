"""Fixtures of the client's tests."""

from collections.abc import Iterator

import pytest

from tests.client.publisher import Publisher


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as publisher:
        yield publisher
