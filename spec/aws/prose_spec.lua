local prose = require "aws.prose"

describe("aws.prose", function()
  it("takes the first sentence, without tags and entities", function()
    local html = "<p>Starts <code>a &amp; b</code>,\n   i.e. (e.g. <i>C</i>) &lt;x&gt;. More.</p><p>Last.</p>"
    assert.equal("Starts a & b, i.e. (e.g. C) <x>.", prose.summary(html))
  end)

  it("takes the first paragraph that says something", function()
    local html = "<fullname>Amazon Something</fullname> <p> </p> <ul> <li>One</li> <li>Two</li> </ul>"
    assert.equal("One", prose.summary(html))
  end)

  it("has nothing to say of what is not described", function()
    assert.equal("", prose.summary(nil))
    assert.equal("", prose.summary("<p></p>"))
  end)

  it("reads numbers as characters, and leaves what it does not know", function()
    assert.equal("it's 2&#960;r &unknown;", prose.summary("it&#39;s 2&#960;r &unknown;"))
  end)

  it("wraps between words", function()
    assert.same({ "one two", "  three", "  a-very-long-word", "  x" },
      prose.wrap("one two three a-very-long-word x", 8, "  "))
    assert.same({}, prose.wrap("", 8, ""))
  end)
end)
