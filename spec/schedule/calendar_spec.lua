local calendar = require "schedule.calendar"

describe("schedule.calendar", function()
  it("counts each day of a whole cycle of 400 years once, in order", function()
    local day = calendar.day(1601, 1, 1)
    for year = 1601, 2000 do
      for month = 1, 12 do
        for date = 1, calendar.month_length(year, month) do
          local y, m, d = calendar.date(day)
          if calendar.day(year, month, date) ~= day or y ~= year or m ~= month or d ~= date then
            error(("%d-%d-%d is day %d and %d-%d-%d"):format(year, month, date, day, y, m, d))
          end
          day = day + 1
        end
      end
    end
    assert.equal(calendar.day(1601, 1, 1) + 146097, day)
  end)

  it("starts on Thursday, 1 January 1970", function()
    assert.equal(0, calendar.day(1970, 1, 1))
    assert.equal(4, calendar.weekday(0))
    assert.equal(3, calendar.weekday(-1))
  end)

  it("knows days far away", function()
    for _, date in ipairs { { -400, 2, 29 }, { 0, 3, 1 }, { 1, 1, 1 }, { 9999, 12, 31 }, { 40000, 2, 29 } } do
      assert.same(date, { calendar.date(calendar.day(unpack(date))) })
    end
  end)

  it("counts on beyond the bounds of months and days", function()
    assert.equal(calendar.day(2027, 1, 1), calendar.day(2026, 13, 1))
    assert.equal(calendar.day(2025, 12, 1), calendar.day(2026, 0, 1))
    assert.equal(calendar.day(2028, 2, 29), calendar.day(2028, 3, 0))
    assert.equal(calendar.day(2024, 11, 5), calendar.day(2026, -13, 5))
  end)

  it("knows leap years", function()
    assert.is_true(calendar.is_leap(2000))
    assert.is_true(calendar.is_leap(2028))
    assert.is_false(calendar.is_leap(2100))
    assert.is_false(calendar.is_leap(2026))
    assert.equal(29, calendar.month_length(2028, 2))
    assert.equal(28, calendar.month_length(2100, 2))
  end)

  it("knows which dates there are", function()
    for _, date in ipairs { { 2026, 1, 1 }, { 2026, 12, 31 }, { 2028, 2, 29 }, { 2000, 2, 29 } } do
      assert.is_true(calendar.exists(unpack(date)))
    end
    for _, date in ipairs { { 2026, 0, 1 }, { 2026, 13, 1 }, { 2026, 4, 31 }, { 2100, 2, 29 } } do
      assert.is_false(calendar.exists(unpack(date)))
    end
  end)
end)
