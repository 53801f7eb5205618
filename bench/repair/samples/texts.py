def words(text):
    return [word for word in text.lower().split(" ") if word != ""]


def count_words(text):
    counts = {}
    for word in words(text):
        counts[word] = counts.get(word, 0) + 1
    return counts


def wrap(text, width):
    lines = []
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = word if not line else line + " " + word
    if line:
        lines.append(line)
    return lines


def common_prefix(first, second):
    index = 0
    while index < len(first) and index < len(second) and first[index] == second[index]:
        index += 1
    return first[:index]


def masked(secret, shown=2):
    if len(secret) <= shown:
        return "*" * len(secret)
    return "*" * (len(secret) - shown) + secret[-shown:]
