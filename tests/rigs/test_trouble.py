"""What is made of the words of ssh."""

import pytest

from pmv_tui.rigs.trouble import why_failed

CHANGED = (
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n"
    "Offending ED25519 key in /home/me/.ssh/lab hosts:7\r\n{}"
    "Host key verification failed.\r\n"
)

SAID = {
    CHANGED.format(""): (True, "anew, take out line 7 of /home/me/.ssh/lab hosts, then log in"),
    CHANGED.format('  remove with:\r\n  ssh-keygen -f "/home/me/k" -R "[10.0.0.9]:2222"\r\n'): (
        True,
        'anew, ssh-keygen -f "/home/me/k" -R "[10.0.0.9]:2222", then log in',
    ),
    CHANGED.format('  remove with:\r\n  ssh-keygen -f "$(x)" -R "pc"\r\n'): (True, "line 7"),
    "REMOTE HOST IDENTIFICATION HAS CHANGED!": (True, "anew, ssh-keygen -R maze, then"),
    "ssh: Could not resolve hostname maze: Name or service not known": (True, "no such host"),
    "ssh: Could not resolve hostname maze: Temporary failure in name resolution": (
        False,
        "no name server answers",
    ),
    "channel 0: open failed: connect failed: maze: Name or service not known\n"
    "stdio forwarding failed\nConnection closed by UNKNOWN port 65535": (True, "no such host"),
    "channel 0: open failed: connect failed: No route to host\nstdio forwarding failed\n"
    "Connection closed by UNKNOWN port 65535": (False, "no network leads there"),
    "ssh: connect to host 10.0.0.9 port 22: Connection timed out": (False, "it does not answer"),
    "Timeout, server 10.0.0.9 not responding.": (False, "it does not answer"),
    "me@maze: Permission denied (publickey).": (True, "log-in refused: ssh maze must"),
    "Host key verification failed.": (True, "its host key is not known here"),
    "Connection to 10.0.0.9 closed by remote host.": (False, "closed the connection"),
    "mux_client_request_session: session request failed: Session open refused by peer": (
        False,
        "MaxSessions",
    ),
    "/home/me/.ssh/config: line 3: Bad configuration option: hots": (True, "its own config"),
    "": (False, "ssh ended with code 255"),
    "something else\x1b[2J": (False, "something else\N{REPLACEMENT CHARACTER}[2J"),
}


@pytest.mark.parametrize("said", SAID)
def test_it_is_said_what_to_do_and_whether_it_may_pass_by_itself(said: str) -> None:
    lasting, words = SAID[said]
    trouble = why_failed("maze", said.encode(), 255)
    assert words in str(trouble)
    assert trouble.lasting == lasting
