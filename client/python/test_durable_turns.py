import unittest

from durable_turns import ApiError, Drafts, UnreachableError, backoff, is_transient


def token(offset, text, **more):
    return dict(
        {"type": "token", "turnId": "t", "beat": 0, "epoch": 1, "channel": "text", "offset": offset, "text": text}, **more
    )


def restart(epoch, reason):
    return {"type": "restart", "turnId": "t", "beat": 0, "epoch": epoch, "reason": reason}


HELLO = {"type": "hello", "chatId": "c", "seq": 3}


def shown(*frames):
    drafts = Drafts()
    for frame in frames:
        drafts.take(frame)
    draft = drafts.by_beat.get(("t", 0))
    return draft and draft.shown


class DraftsTest(unittest.TestCase):
    def test_a_draft_grows_by_its_tokens_and_a_repeated_token_changes_nothing(self):
        self.assertEqual(shown(token(0, "The lamp "), token(9, "turns"), token(9, "turns"), token(11, "rns.")), "The lamp turns.")

    def test_offsets_count_utf_16_code_units(self):
        self.assertEqual(shown(token(0, "😀"), token(2, "!"), token(0, "😀!")), "😀!")

    def test_a_reconnected_viewer_keeps_its_text_and_goes_on_behind_it(self):
        frames = [token(0, "The lamp "), token(9, "turns"), HELLO, token(0, "The lamp ", type="draft")]
        self.assertEqual(shown(*frames), "The lamp turns")
        self.assertEqual(shown(*frames, token(9, "turns slo")), "The lamp turns slo")

    def test_a_lost_draft_is_shown_until_the_new_one_is_longer(self):
        begun = [token(0, "The lamp"), restart(2, "worker_lost")]
        self.assertEqual(shown(*begun), "The lamp")
        self.assertEqual(shown(*begun, token(0, "A gull", epoch=2)), "The lamp")
        self.assertEqual(shown(*begun, token(0, "A gull cries.", epoch=2)), "A gull cries.")

    def test_a_draft_that_is_not_written_again_is_dropped_at_once(self):
        self.assertEqual(shown(token(0, "The lamp"), restart(2, "dropped")), "")

    def test_a_draft_ends_with_its_event(self):
        landed = {"type": "event", "seq": 4, "kind": "assistant_turn", "turnId": "t", "data": {"beat": 0, "text": "x"}}
        self.assertIsNone(shown(token(0, "The lamp"), landed))

    def test_tokens_of_an_older_epoch_are_ignored(self):
        self.assertEqual(shown(token(0, "new", epoch=2), token(0, "old text", epoch=1)), "new")


class RetriesTest(unittest.TestCase):
    def test_only_failures_that_may_pass_are_transient(self):
        self.assertTrue(is_transient(UnreachableError()))
        self.assertTrue(is_transient(ApiError(503, "database_unavailable", "")))
        self.assertTrue(is_transient(ApiError(429, "rate_limited", "")))
        self.assertFalse(is_transient(ApiError(404, "chat_not_found", "")))

    def test_the_delay_doubles_up_to_a_maximum(self):
        for failures, middle in ((0, 0.25), (3, 2.0), (30, 10.0)):
            self.assertTrue(0.5 * middle <= backoff(failures) <= 1.5 * middle)


if __name__ == "__main__":
    unittest.main()
