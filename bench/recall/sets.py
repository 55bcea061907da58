#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# Prints texts and questions that others made as retrievers.cpp reads them: paragraphs of XQuAD, titles of Cranfield,
# CACM and CISI.
# Refuses questions without a right text.
#   python3 bench/recall/sets.py ASSETS xquad.en|xquad.de|xquad.es|xquad.zh|cranfield|cacm|cisi
import json
import pathlib
import re
import sys
import tarfile


def judged(lines, skip=0):
    relevant = {}
    for line in lines:
        query, _, document, grade = line.split()
        if int(grade) > 0:
            relevant.setdefault(int(query), set()).add(int(document[skip:]))
    return relevant


def smart(file):
    items, field = {}, None
    for line in file.read_text(errors="replace").splitlines():
        if line.startswith(".I "):
            item, field = items.setdefault(int(line[3:]), {}), None
        elif re.fullmatch(r"\.[A-Z]\s*", line):
            field = line[1]
        elif field:
            item[field] = item.get(field, "") + line + " "
    return items


def xquad(folder, language):
    texts, questions, relevant = {}, {}, {}
    for article in json.loads((folder / f"xquad.{language}.json").read_text())["data"]:
        for paragraph in article["paragraphs"]:
            texts[len(texts)] = paragraph["context"]
            for asked in paragraph["qas"]:
                relevant[len(questions)] = {len(texts) - 1}
                questions[len(questions)] = asked["question"]
    return texts, questions, relevant


def cranfield(folder):
    documents = re.findall(r"<doc>(.*?)</doc>", (folder / "cran.all.1400.xml").read_text(), re.S)
    part = lambda d, tag: re.search(rf"<{tag}>(.*?)</{tag}>", d, re.S)[1]
    texts = {int(part(d, "docno")): part(d, "title") for d in documents if part(d, "title").strip()}
    asked = re.findall(r"<title>(.*?)</title>", (folder / "cran.qry.xml").read_text(), re.S)
    return texts, dict(enumerate(asked, 1)), judged((folder / "cranqrel.trec.txt").open())


def cacm(folder):
    texts = {}
    with tarfile.open(folder / "cacm.tar.gz") as archive:
        for member in sorted((m for m in archive if m.isfile()), key=lambda m: m.name):
            body = re.search(r"<pre>(.*?)</pre>", archive.extractfile(member).read().decode("latin1"), re.S)
            if body:
                texts[int(re.search(r"CACM-(\d+)", member.name)[1])] = body[1].strip().split("\n\n")[0]
    topics = re.findall(r"<DOCNO>\s*(\d+)\s*</DOCNO>(.*?)</DOC>", (folder / "topics.cacm.txt").read_text(), re.S)
    return texts, {int(n): q for n, q in topics}, judged((folder / "qrels.cacm.txt").open(), 5)


def cisi(folder):
    relevant = {}
    for line in (folder / "CISI.REL").open():
        columns = line.split()
        if len(columns) >= 2:
            relevant.setdefault(int(columns[0]), set()).add(int(columns[1]))
    texts = {n: i["T"] for n, i in smart(folder / "CISI.ALL").items()}
    return texts, {n: i["W"] for n, i in smart(folder / "CISI.QRY").items()}, relevant


assets, name = pathlib.Path(sys.argv[1]), sys.argv[2]
if name.startswith("xquad."):
    texts, questions, relevant = xquad(assets / "xquad", name[6:])
else:
    texts, questions, relevant = {"cranfield": cranfield, "cacm": cacm, "cisi": cisi}[name](assets / "retrieval" / name)
print("#")
place = {number: at for at, number in enumerate(texts)}
for text in texts.values():
    print("T\t" + " ".join(text.split()))
for number, question in questions.items():
    right = sorted(place[d] for d in relevant.get(number, ()) if d in place)
    if right:
        print("Q\t" + " ".join(question.split()) + "\t" + ",".join(map(str, right)))
