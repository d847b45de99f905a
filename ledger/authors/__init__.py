"""Who signs what a place tells: keys in the server's custody, and devices that enrol keys of their own.

enroll, rotate, revoke, keys_of, sign_for     custody.py
invite, invitation_of, accept_invitation      invitations.py
"""

from ledger.authors.custody import AuthorProblem, enroll, keys_of, revoke, rotate, sign_for
from ledger.authors.invitations import Invitation, accept_invitation, invitation_of, invite

__all__ = [
    "AuthorProblem",
    "Invitation",
    "accept_invitation",
    "enroll",
    "invitation_of",
    "invite",
    "keys_of",
    "revoke",
    "rotate",
    "sign_for",
]
