#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# Reads the dialogues of LoCoMo: of each file its turns by name, and its questions with the names of the turns that answer.
# Refuses questions without evidence.
import json
import re


def read(folder):
    for file in sorted(folder.glob("*.json")):
        data = json.loads(file.read_text())
        turns = {}
        for name in sorted(data):
            if re.fullmatch(r"session_\d+", name):
                for turn in data[name]:
                    turns[turn["dia_id"]] = turn["speaker"] + ": " + turn["text"]
        questions = []
        for asked in data["qa"]:
            evidence = set(re.findall(r"D\d+:\d+", " ".join(asked["evidence"]))) & turns.keys()
            if evidence:
                questions.append((asked["question"], evidence, asked.get("category") == 5))
        yield turns, questions


if __name__ == "__main__":  # as retrievers.cpp reads them
    import pathlib
    import sys

    for turns, questions in read(pathlib.Path(sys.argv[1])):
        print("#")
        place = {name: at for at, name in enumerate(turns)}
        for text in turns.values():
            print("T\t" + " ".join(text.split()))
        for question, evidence, near in questions:  # N: of the other person; nothing answers it
            print(("N" if near else "Q") + "\t" + " ".join(question.split()) + "\t" + ",".join(str(place[name]) for name in sorted(evidence)))
