def neighbours(grid, row, column):
    found = []
    for step_row, step_column in ((-1, 0), (0, 1), (1, 0), (0, -1)):
        next_row = row + step_row
        next_column = column + step_column
        if 0 <= next_row < len(grid) and 0 <= next_column < len(grid[0]):
            found.append((next_row, next_column))
    return found


def area(grid, row, column):
    if not grid or grid[row][column] == 0:
        return 0
    seen = {(row, column)}
    waiting = [(row, column)]
    while waiting:
        place = waiting.pop()
        for other in neighbours(grid, place[0], place[1]):
            if other not in seen and grid[other[0]][other[1]] == 1:
                seen.add(other)
                waiting.append(other)
    return len(seen)


def transposed(grid):
    if len(grid) == 0:
        return []
    return [[row[index] for row in grid] for index in range(len(grid[0]))]


def row_sums(grid):
    sums = []
    for row in grid:
        total = 0
        for value in row:
            total += value
        sums.append(total)
    return sums
