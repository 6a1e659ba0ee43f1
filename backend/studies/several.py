"""The same change to several studies."""

from collections.abc import Callable, Sequence

from backend.errors import UserError, WriteError


def change_each(names: Sequence[str], change: Callable[[str], object]) -> None:
    """Change studies one after the other; one that cannot be changed keeps none of the others.

    Args:
        names: of the studies.
        change: of the study of a name.

    Raises:
        UserError: some could not be changed; of several, the message says how many, which, and why.
    """
    refused = list[UserError]()
    for name in names:
        try:
            change(name)
        except UserError as error:
            refused.append(error)
    if len(refused) == 1 == len(names):
        raise refused[0]
    if refused:
        said = "; ".join(map(str, refused))
        raise WriteError(f"{len(names) - len(refused)} of {len(names)} studies done; {said}")
