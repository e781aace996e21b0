"""The digits are the ones the course was written for, and CIFAR-10 says what is missing."""

import hashlib
import pickle
import shutil

import numpy as np
import pytest

from coursekit import cifar
from coursekit.data import DATASETS, DataError, load_digits, split_digits


@pytest.fixture
def copy(tmp_path):
    """A copy of the digits that may be damaged."""
    shutil.copytree(DATASETS / "digits", tmp_path / "digits")
    return tmp_path


def test_the_digits_are_whole():
    images, labels = load_digits()
    assert images.shape == (1437, 8, 8) and images.max() == 16 and set(labels) == set(range(10))


def test_one_changed_byte_is_noticed(copy):
    path = copy / "digits" / "digits.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"damaged.*Unpack the course bundle again"):
        load_digits(copy)


@pytest.mark.parametrize("name", ["digits.npz", "digits.npz.sha256"])
def test_a_missing_file_is_named(copy, name):
    (copy / "digits" / name).unlink()
    with pytest.raises(DataError, match=f"digits/{name} is missing"):
        load_digits(copy)


def test_training_and_test_digits_do_not_overlap_and_stay_the_same():
    split, again = split_digits(), split_digits()
    assert split.X_train.shape == (1037, 64) and split.X_test.shape == (400, 64)
    assert np.array_equal(split.X_train, again.X_train)
    train = {row.tobytes() for row in split.X_train}
    assert sum(row.tobytes() in train for row in split.X_test) == 0


def test_fewer_training_digits_keep_the_same_test_digits():
    assert np.array_equal(split_digits(100).X_test, split_digits().X_test)
    assert len(split_digits(100).X_train) == 100


def write_batch(folder, name, seed, content=None):
    """Write a CIFAR-like batch of three images; return its MD5."""
    data = np.random.default_rng(seed).integers(0, 256, (3, 3072), dtype=np.uint8)
    raw = content or pickle.dumps({"data": data, "labels": [seed, 1, 2]}, protocol=2)
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(raw)
    return hashlib.md5(raw, usedforsecurity=False).hexdigest()


def test_without_a_copy_it_says_what_is_missing_and_where(tmp_path):
    with pytest.raises(DataError, match=r"data_batch_1.*data_batch_5 should be in .*cifar-10-batches-py"):
        cifar.load_cifar10(tmp_path)


def test_batches_are_joined_in_order(tmp_path):
    folder = tmp_path / cifar.FOLDER
    md5 = {name: write_batch(folder, name, seed) for seed, name in enumerate(["one", "two"])}
    images, labels = cifar.load_cifar10(tmp_path, md5=md5)
    assert images.shape == (6, 3, 32, 32) and images.dtype == np.uint8
    assert labels.tolist() == [0, 1, 2, 1, 1, 2]


def test_a_damaged_batch_is_refused(tmp_path):
    write_batch(tmp_path / cifar.FOLDER, "one", 0)
    with pytest.raises(DataError, match="damaged"):
        cifar.load_cifar10(tmp_path, md5={"one": "0" * 32})


def test_a_batch_that_wants_to_run_code_is_refused(tmp_path):
    md5 = write_batch(tmp_path / cifar.FOLDER, "one", 0, b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(pickle.UnpicklingError, match=r"os\.system"):
        cifar.load_cifar10(tmp_path, md5={"one": md5})


def test_normalize_is_the_slides_transform():
    images = np.array([0, 255], dtype=np.uint8).reshape(1, 1, 1, 2).repeat(3, axis=1)
    assert cifar.normalize(cifar.to_unit(images)).ravel().tolist() == [-1, 1] * 3
