"""Only Teams, and only of our tenant, reaches the core; the rest is refused, never with 5xx, and not logged."""

from tests.teams.gateway import Gateway


def test_a_message_of_teams_reaches_the_core(door: Gateway) -> None:
    body = door.message("overdue")
    told = door.send(body)
    assert (told.status, told.body) == (200, b"")
    assert door.heard == [body]


def test_a_press_is_answered_in_place(door: Gateway) -> None:
    card = {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": {"type": "AdaptiveCard"}}
    door.answer = lambda body: card
    told = door.send(door.press())
    assert (told.status, told.json) == (200, card)
