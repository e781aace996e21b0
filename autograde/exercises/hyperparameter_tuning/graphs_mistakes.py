"""Ways to list the inputs of a graph, wrong and right (see `graphs`)."""

import torch
import torch.fx

from autograde.exercises.hyperparameter_tuning.graphs import placeholders_exercise


@placeholders_exercise.misconception(
    "placeholders", 'Your list holds every node of the graph. Inputs are the nodes whose op is "placeholder".'
)
def all_nodes(module):
    return [node.name for node in torch.fx.symbolic_trace(module).graph.nodes]


@placeholders_exercise.misconception(
    "placeholders", "Your list holds nodes, not names. Take node.name (a str)."
)
def nodes_for_names(module):
    return [node for node in torch.fx.symbolic_trace(module).graph.nodes if node.op == "placeholder"]


@placeholders_exercise.misconception(
    "placeholders", "Only the first input is returned. A module may have several."
)
def first_input_only(module):
    nodes = torch.fx.symbolic_trace(module).graph.nodes
    return [next(node.name for node in nodes if node.op == "placeholder")]


@placeholders_exercise.misconception(
    "placeholders",
    "You list the parameters of the module. They are values that training learns; placeholders get a new value in every call.",
)
def names_of_parameters(module):
    return [name for name, _ in module.named_parameters()]


@placeholders_exercise.misconception(
    "placeholders",
    'You list the submodules that are called (op "call_module"). Inputs have the op "placeholder".',
)
def called_modules(module):
    nodes = torch.fx.symbolic_trace(module).graph.nodes
    return [node.name for node in nodes if node.op == "call_module"]


@placeholders_exercise.misconception(
    "placeholders",
    "Inputs with a default value are missing. They are placeholders too: the caller may feed them.",
)
def required_inputs_only(module):
    nodes = torch.fx.symbolic_trace(module).graph.nodes
    return [node.name for node in nodes if node.op == "placeholder" and not node.args]


@placeholders_exercise.misconception(
    "placeholders",
    "Inputs that forward does not use are missing. They are in its signature, so they are placeholders.",
)
def used_inputs_only(module):
    nodes = torch.fx.symbolic_trace(module).graph.nodes
    return [node.name for node in nodes if node.op == "placeholder" and node.users]


@placeholders_exercise.misconception(
    "placeholders",
    "The names are sorted. Keep the order of forward's inputs: positions matter when you call the module.",
)
def sorted_names(module):
    nodes = torch.fx.symbolic_trace(module).graph.nodes
    return sorted(node.name for node in nodes if node.op == "placeholder")


@placeholders_exercise.misconception(
    "placeholders", "`self` is in your list. It is the module, not an input."
)
def with_self(module):
    import inspect

    return list(inspect.signature(type(module).forward).parameters)


@placeholders_exercise.misconception(
    "placeholders", "You return one text with all names. Return a list with one str for each input."
)
def one_text(module):
    nodes = torch.fx.symbolic_trace(module).graph.nodes
    return ", ".join(node.name for node in nodes if node.op == "placeholder")


@placeholders_exercise.variant("placeholders")
def by_target(module):
    traced = torch.fx.symbolic_trace(module)
    return [str(node.target) for node in traced.graph.nodes if node.op == "placeholder"]


@placeholders_exercise.variant("placeholders")
def by_find_nodes(module):
    return [node.name for node in torch.fx.symbolic_trace(module).graph.find_nodes(op="placeholder")]


@placeholders_exercise.variant("placeholders")
def with_a_tracer(module):
    names = []
    for node in torch.fx.Tracer().trace(module).nodes:
        if node.op != "placeholder":
            continue
        names.append(node.name)
    return names


@placeholders_exercise.variant("placeholders")
def from_the_signature(module):
    import inspect

    return list(inspect.signature(module.forward).parameters)
