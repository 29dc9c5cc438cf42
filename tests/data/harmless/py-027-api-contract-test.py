import os
import uuid

import pytest
import requests

BASE = os.environ.get("API_BASE", "http://localhost:8080")


@pytest.fixture()
def item():
    r = requests.post(f"{BASE}/items", json={"name": f"test-{uuid.uuid4()}"})
    assert r.status_code == 201
    yield r.json()
    requests.delete(f"{BASE}/items/{r.json()['id']}")


def test_reads_back(item):
    assert requests.get(f"{BASE}/items/{item['id']}").json()["name"] == item["name"]


@pytest.mark.parametrize("bad", [{}, {"name": ""}, {"name": 7}])
def test_refuses_bad_names(bad):
    assert requests.post(f"{BASE}/items", json=bad).status_code == 422


def test_unknown_is_404():
    assert requests.get(f"{BASE}/items/{uuid.uuid4()}").status_code == 404
