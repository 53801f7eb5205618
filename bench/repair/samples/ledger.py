def balance(entries, account):
    total = 0
    for entry in entries:
        if entry["to"] == account:
            total += entry["amount"]
        if entry["from"] == account:
            total -= entry["amount"]
    return total


def accounts(entries):
    names = set()
    for entry in entries:
        names.add(entry["from"])
        names.add(entry["to"])
    return sorted(names)


def can_pay(entries, account, amount, credit=0):
    if amount <= 0:
        return False
    return balance(entries, account) + credit >= amount


def largest(entries, count):
    ordered = sorted(entries, key=lambda entry: entry["amount"], reverse=True)
    return [entry["amount"] for entry in ordered[:count]]
