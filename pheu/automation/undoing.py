"""«Hoàn tác» of a hand-out by the rules; whose turn it was stays."""

from django.utils.translation import gettext_lazy as _

from pheu.people.scopes import ASSIGN
from pheu.timeline.events import ASSIGNED
from pheu.timeline.undo import Undoable, can_undo

can_undo("hand_out_by_rules", Undoable(event=ASSIGNED.code, action=ASSIGN, what=_("handing out by the rules")))
