"""What a person of the firm may do at the desk, by his role.

May touch: nothing. Tests: tests/unit/desk/test_rights.py, tests/integration/desk/test_desk_rights.py.
"""

READER, STAFF, ADMIN = "reader", "staff", "admin"
ROLES = (READER, STAFF, ADMIN)  # each may do what the one before may
DEFAULT_ROLE = STAFF

# The least role that each act takes. Whoever is signed in may read.
ACTS = {
    "close_task": STAFF,
    "cancel_task": STAFF,
    "close_step": STAFF,
    "remind": STAFF,
    "send_step": STAFF,
    "assign_step": STAFF,
    "accept": STAFF,
    "return": STAFF,
    "edit_items": STAFF,
    "edit_recipients": STAFF,
    "copy_link": STAFF,
    "comment": STAFF,
    "pause": STAFF,
    "resolve_mail": STAFF,
    "set_field": STAFF,
    "save_activity": STAFF,
    "end_activity": STAFF,
    "export": STAFF,
    "assign_schedule": ADMIN,
    "import": ADMIN,
    "undo_import": ADMIN,
    "run": ADMIN,
}


def may(role: str | None, act: str) -> bool:
    """Whether a role is enough for an act; a user without one is staff."""
    return ROLES.index(role or DEFAULT_ROLE) >= ROLES.index(ACTS[act])
