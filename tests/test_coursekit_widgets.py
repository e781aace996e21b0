"""Controls redraw, and a student's error is shown under them instead of ending the lesson."""

import ipywidgets as ipw
import pytest

from coursekit import widgets as knobs


@pytest.fixture
def played(monkeypatch):
    """A function that starts `play` and returns its output widget."""
    boxes = []
    monkeypatch.setattr(knobs, "display", boxes.append)

    def play(draw, **controls):
        knobs.play(draw, **controls)
        return boxes[-1].children[-1]

    return play


def text(output):
    """Everything printed in an output widget."""
    return "".join(o.get("text", "") for o in output.outputs)


def test_it_draws_at_once_with_the_first_values(played):
    assert text(played(lambda n: print(f"n is {n}"), n=knobs.slider("n", 0, 9, 4, 1))) == "n is 4\n"


def test_the_first_figure_stands_above_the_controls_for_readers_without_a_kernel(monkeypatch):
    shown, drawn = [], []
    picture = {"output_type": "display_data", "data": {"text/plain": "A line that rises."}, "metadata": {}}
    monkeypatch.setattr(knobs, "display", lambda what, **options: shown.append(what))
    monkeypatch.setattr(knobs, "captured", lambda draw, **values: drawn.append(values) or (picture,))
    knobs.play(print, n=knobs.slider("n", 0, 9, 4, 1))
    first, box = shown
    assert first == picture["data"] and box.children[-1].outputs == (picture,)
    assert drawn == [{"n": 4}]


def test_a_moved_slider_redraws_with_its_new_value(played):
    slider = knobs.slider("n", 0, 9, 4, 1)
    output = played(lambda n: print(f"n is {n}"), n=slider)
    slider.value = 7
    assert text(output) == "n is 7\n"


def test_an_error_is_shown_and_the_next_move_draws_again(played):
    slider = knobs.slider("n", 0, 9, 0, 1)
    output = played(lambda n: print(8 // n), n=slider)
    assert output.outputs[0]["ename"] == "ZeroDivisionError"
    assert "8 // n" in "".join(output.outputs[0]["traceback"])
    slider.value = 2
    assert text(output) == "4\n"


def test_an_unwritten_function_says_so_under_the_controls(played):
    def unwritten(n):
        raise NotImplementedError("Write this function, then run this cell again.")

    output = played(unwritten, n=knobs.slider("n", 0, 9, 0, 1))
    assert output.outputs[0]["evalue"] == "Write this function, then run this cell again."


@pytest.mark.parametrize(
    "numbers, kind", [((0, 9, 1, 1), ipw.IntSlider), ((0.0, 9.0, 1.0, 0.5), ipw.FloatSlider)]
)
def test_whole_numbers_make_a_whole_slider_that_waits_until_it_is_let_go(numbers, kind):
    slider = knobs.slider("n", *numbers)
    assert isinstance(slider, kind) and slider.continuous_update is False


def test_a_choice_starts_with_its_first_option_unless_told_otherwise():
    assert knobs.choice("c", ["a", "b"]).value == "a"
    assert knobs.choice("c", ["a", "b"], "b").value == "b"


def test_a_choice_is_a_slider_because_jupyterlab_takes_the_keys_of_a_list():
    assert isinstance(knobs.choice("c", ["a", "b"]), ipw.SelectionSlider)


def test_what_was_printed_before_an_error_is_kept():
    def half(n):
        print("so far")
        raise ValueError("no further")

    kinds = [o["output_type"] for o in knobs.captured(half, n=1)]
    assert kinds == ["stream", "error"]
