import pytest

from instance import Instance, binary, http_app


@pytest.fixture(scope="session")
def manta_binary():
    path = binary()
    if not path.exists():
        pytest.fail(f"{path} is not there: build it with `cmake --build --preset release`")
    return path


@pytest.fixture(scope="session")
def http(manta_binary, tmp_path_factory):
    """The application of app/http_app.cc, shared by the tests: they must leave it as it was."""
    instance = Instance(http_app(), tmp_path_factory.mktemp("http"))
    yield instance
    assert instance.stop() == 0, "".join(instance.lines)
