"""Words are read in whatever encoding they were written."""

from __future__ import annotations

import pytest

from soundscape.score.text import decoded, encoding_of
from tests.score.smf import Read, at, meta, smf, track

WORDS = {
    "gb18030": ["琵琶", "古筝独奏", "月光照着花园的门", "Erhu", "第一段,慢板"],
    "big5": ["琵琶", "古箏獨奏", "月光照著花園的門", "Erhu", "第一段,慢板"],
    "cp932": ["尺八", "ことの音", "月の庭のもん", "Koto", "さくら さくら"],
    "utf-8": ["琵琶", "Café", "門", "さくら"],
    "cp1251": ["Калинка", "Полёт шмеля", "Скрипка 1", "Bass", "Ночь на Лысой горе"],
    "latin-1": ["Für Elise", "Café à la crème", "Señor Muñoz", "Trompete in Es, gedämpft", "© 1998 Übung"],
}


@pytest.mark.parametrize("encoding", WORDS)
def test_words_of_one_file_are_judged_together(encoding: str) -> None:
    texts = [word.encode(encoding) for word in WORDS[encoding]]
    guess = encoding_of(texts)
    assert [decoded(text, guess) for text in texts] == WORDS[encoding]


@pytest.mark.parametrize(("encoding", "word"), [(e, w) for e in ("gb18030", "cp1251", "latin-1") for w in WORDS[e]])
def test_one_word_is_enough_where_it_is_chinese_russian_or_western(encoding: str, word: str) -> None:
    text = word.encode(encoding)
    assert decoded(text, encoding_of([text])) == word


def test_titles_parts_markers_and_lyrics_are_decoded_alike(read: Read) -> None:
    def word(kind: int, text: str) -> bytes:
        return meta(0, kind, text.encode("gb18030"))

    music = track(word(3, "古筝"), word(5, "月"), word(6, "第一段"), at(0, 0x90, 60, 90), at(9, 0x80, 60, 0))
    score = read(smf(track(word(3, "花园的门")), music))
    assert (score.title, score.parts[0].name) == ("花园的门", "古筝")
    assert (score.lyrics[0].text, score.markers[0].text) == ("月", "第一段")


def test_text_is_one_printable_line() -> None:
    assert decoded(b"\xef\xbb\xbfBell\0\r\n", "utf-8-sig") == "Bell"
    assert decoded(b"Bell\r\ntower\x1b", "utf-8-sig") == "Bell  tower"
    assert decoded(b"\xff\xff", "utf-8-sig").isprintable()
