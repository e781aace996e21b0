"""Ways to train on the digits, wrong and right (see `capstone`)."""

import numpy as np
import torch
from torch import nn

from autograde.exercises.hyperparameter_tuning.capstone import train_digits_exercise


@train_digits_exercise.misconception(
    "train_digits",
    "You train on the validation images only, and there are few of them. Train on X_train; use the validation part to choose.",
)
def trains_on_validation(X_train, y_train, X_val, y_val, rng):
    W, b = np.zeros((64, 10)), np.zeros(10)
    for _ in range(150):
        z = X_val @ W + b
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(y_val)), y_val] -= 1
        W -= X_val.T @ p / len(p)
        b -= p.mean(axis=0)
    return lambda images: (images @ W + b).argmax(axis=1)


@train_digits_exercise.misconception(
    "train_digits",
    "predict gives the same label for every image. Does training change the weights that predict uses?",
)
def always_one_label(X_train, y_train, X_val, y_val, rng):
    common = int(np.bincount(y_train).argmax())
    return lambda images: np.full(len(images), common)


@train_digits_exercise.misconception(
    "train_digits", "predict returns probabilities `(n, 10)`. Return the label of each image: argmax(axis=1)."
)
def returns_probabilities(X_train, y_train, X_val, y_val, rng):
    centres = np.stack([X_train[y_train == k].mean(axis=0) for k in range(10)])

    def predict(images):
        z = -((images[:, None] - centres) ** 2).sum(axis=2)
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    return predict


@train_digits_exercise.misconception(
    "train_digits", "Your labels run from 1 to 10: every one is too large by one. Classes count from 0."
)
def counts_from_one(X_train, y_train, X_val, y_val, rng):
    squares = (X_train**2).sum(axis=1)
    return lambda images: y_train[(squares - 2 * images @ X_train.T).argmin(axis=1)] + 1


@train_digits_exercise.misconception(
    "train_digits",
    "What you return is data (labels, or a function with something beside it). Return one function that labels any images.",
)
def returns_labels(X_train, y_train, X_val, y_val, rng):
    centres = np.stack([X_train[y_train == k].mean(axis=0) for k in range(10)])
    return ((X_val[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)


@train_digits_exercise.misconception(
    "train_digits",
    "argmax(axis=0) looks for the best image of each class. The best class of each image is argmax(axis=1).",
)
def argmax_over_the_images(X_train, y_train, X_val, y_val, rng):
    centres = np.stack([X_train[y_train == k].mean(axis=0) for k in range(10)])
    return lambda images: (images @ centres.T - 0.5 * (centres**2).sum(axis=1)).argmax(axis=0)


@train_digits_exercise.misconception(
    "train_digits",
    "The reader does not do better than guessing. Either images and labels do not belong together (shuffle both with one "
    "permutation), or training moves the weights the wrong way or not at all.",
)
def shuffles_images_only(X_train, y_train, X_val, y_val, rng):
    X = rng.permutation(X_train)
    W, b = np.zeros((64, 10)), np.zeros(10)
    for _ in range(20):
        z = X @ W + b
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(X)), y_train] -= 1
        W -= X.T @ p / len(X)
        b -= p.mean(axis=0)
    return lambda images: (images @ W + b).argmax(axis=1)


@train_digits_exercise.misconception(
    "train_digits",
    "predict normalizes with the statistics of the images it is given. One image alone has none: use those of the training "
    "images.",
)
def statistics_of_the_batch(X_train, y_train, X_val, y_val, rng):
    def scaled(images):
        return (images - images.mean(axis=0)) / (images.std(axis=0) + 0.1)

    X = scaled(X_train)
    squares = (X**2).sum(axis=1)
    return lambda images: y_train[(squares - 2 * scaled(images) @ X.T).argmin(axis=1)]


@train_digits_exercise.misconception(
    "train_digits",
    "Dropout (or other noise) stays on in predict: the same image gets different labels. Call model.eval() first.",
)
def noise_left_on(X_train, y_train, X_val, y_val, rng):
    squares = (X_train**2).sum(axis=1)

    def noisy(images):
        kept = images * (rng.random(images.shape) >= 0.3) / 0.7
        return y_train[(squares - 2 * kept @ X_train.T).argmin(axis=1)]

    return noisy


@train_digits_exercise.misconception(
    "train_digits",
    "The labels do not come from the data you are given: with other names for the classes your function still says the "
    "old ones.",
)
def knows_the_digits_already(X_train, y_train, X_val, y_val, rng):
    groups = [X_train[y_train == k].mean(axis=0) for k in range(10)]
    known = "_known_digits"
    store = globals().setdefault(known, groups)
    centres = np.stack(store)
    offsets = 0.5 * (centres**2).sum(axis=1)
    return lambda images: (images @ centres.T - offsets).argmax(axis=1)


@train_digits_exercise.misconception(
    "train_digits",
    "Training is far too short: after a few small steps the weights are still nearly where they began. Raise the rate or "
    "the number of epochs.",
)
def barely_trained(X_train, y_train, X_val, y_val, rng):
    W = np.zeros((64, 10))
    z = X_train @ W
    p = np.full_like(z, 0.1)
    p[np.arange(len(X_train)), y_train] -= 1
    W -= 0.01 * X_train.T @ p / len(X_train)
    return lambda images: (images @ W).argmax(axis=1)


@train_digits_exercise.misconception(
    "train_digits", "predict returns the labels as text. Return whole numbers from 0 to 9."
)
def labels_as_text(X_train, y_train, X_val, y_val, rng):
    centres = np.stack([X_train[y_train == k].mean(axis=0) for k in range(10)])
    offsets = 0.5 * (centres**2).sum(axis=1)
    return lambda images: [str(label) for label in (images @ centres.T - offsets).argmax(axis=1)]


@train_digits_exercise.variant("train_digits")
def nearest_neighbours(X_train, y_train, X_val, y_val, rng):
    X, y = np.concatenate([X_train, X_val]), np.concatenate([y_train, y_val])
    squares = (X**2).sum(axis=1)

    def predict(images):
        nearest = np.argsort(squares - 2 * images @ X.T, axis=1)[:, :3]
        votes = y[nearest]
        return np.where(votes[:, 1] == votes[:, 2], votes[:, 1], votes[:, 0])

    return predict


@train_digits_exercise.variant("train_digits")
def with_torch(X_train, y_train, X_val, y_val, rng):
    torch.manual_seed(int(rng.integers(2**31)))
    model = nn.Sequential(
        nn.Linear(64, 96, bias=False), nn.BatchNorm1d(96), nn.ELU(), nn.Dropout(0.2), nn.Linear(96, 10)
    )
    X, y = torch.tensor(X_train, dtype=torch.float32), torch.tensor(y_train)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(12):
        for rows in torch.randperm(len(X)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(X[rows]), y[rows]).backward()
            optimizer.step()
    model.eval()

    def predict(images):
        with torch.no_grad():
            return model(torch.as_tensor(images, dtype=torch.float32)).argmax(dim=1)

    return predict


@train_digits_exercise.variant("train_digits")
class RandomFeatures:
    """Random ReLU features with a ridge regression on top."""

    def __init__(self, X_train, y_train, X_val, y_val, rng):
        self.W = rng.normal(size=(64, 500)) / 3
        self.b = rng.normal(size=500) / 2
        H = self.features(X_train)
        self.V = np.linalg.solve(H.T @ H + 1.0 * np.eye(500), H.T @ np.eye(10)[y_train])

    def features(self, images):
        return np.maximum((images - 0.3) @ self.W + self.b, 0)

    def __call__(self, images):
        return (self.features(images) @ self.V).argmax(axis=1).tolist()


@train_digits_exercise.variant("train_digits")
def kernel_ridge(X_train, y_train, X_val, y_val, rng):
    def kernel(A, B):
        return np.exp(-0.25 * ((A**2).sum(axis=1)[:, None] - 2 * A @ B.T + (B**2).sum(axis=1)))

    alpha = np.linalg.solve(kernel(X_train, X_train) + 0.01 * np.eye(len(X_train)), np.eye(10)[y_train])
    return lambda images: np.argmax(kernel(images, X_train) @ alpha, axis=1).astype(np.float64)
