using Dispatcher.Host.Configuration.Hocon;

namespace Dispatcher.Host.Tests;

/// <summary>Ways to write the same tree, what is no HOCON at all, and what is HOCON though it is no JSON.</summary>
public sealed class HoconSyntaxTests
{
    private const string Workshop =
        """{"bench":{"height":92,"tools":["saw","file","plane"]},"label":"north wall","lit":true,"lost":null,"ratio":0.25}""";

    [Theory]
    [InlineData("""{"bench":{"height":92,"tools":["saw","file","plane"]},"label":"north wall","lit":true,"lost":null,"ratio":0.25}""")]
    [InlineData("bench : { height : 92, tools : [saw, file, plane] }, label : north wall, lit : true, lost : null, ratio : 0.25")]
    [InlineData("bench = { height = 92\n tools = [saw\nfile\nplane] }\nlabel = north wall\nlit = true\nlost = null\nratio = 0.25\n")]
    [InlineData("{\n# a comment\nbench { // another\nheight = 92 # at the end\ntools = [ saw, // one\n file # two\n plane ] }\nlabel = \"north wall\"\nlit=true\nlost=null\nratio=0.25 }")]
    [InlineData("bench.height = 92\nbench.tools = [saw,file,plane,]\nlabel = north wall   \nlit = true,\nlost = null,\n\nratio = 0.25,")]
    [InlineData("bench.tools = [paint]\nbench.height = tall\nbench { tools = [saw]${more} }\nbench.height = 92\nlabel = north\" \"wall\nlit = true\nlost = null\nratio = 0.25\nmore = [file] [plane]")]
    [InlineData("\"bench\"\n:\n{ \"height\"\n=\n92, tools\n:\n[saw]\n}\nbench.tools += file\nbench.tools += plane\nlabel = \"\"\"north wall\"\"\"\nlit = true\nlost = null\nratio = 0.25")]
    [InlineData("\uFEFFbench { height = 92, tools = [saw, file, plane] }\r\nlabel = north wall\r\nlit = true\r\nlost = null\r\nratio = 0.25\r\n")]
    public void Document_MeansTheSame_WhenWrittenDifferently(string text)
    {
        // One vector needs a helper key; it is no part of the comparison.
        var actual = HoconTestTree.Read(text).Replace(""","more":["file","plane"]""", "", StringComparison.Ordinal);
        Assert.Equal(Workshop, actual);
    }

    [Theory]
    [InlineData("", "{}")]
    [InlineData("  \n# nothing\n", "{}")]
    [InlineData("{}", "{}")]
    [InlineData("[]", "[]")]
    [InlineData("[1,2,]", "[1,2]")]
    [InlineData("[1\n\n,\n]", "[1]")]
    [InlineData("[ 1.0.0 ]", """["1.0.0"]""")]
    [InlineData("[ 10e3e3 ]", """["10e3e3"]""")]
    [InlineData("[ 10x, tru, /, -, 1e+5 ]", """["10x","tru","/","-",1e+5]""")]
    [InlineData("""{ "foo" = (42) }""", """{"foo":"(42)"}""")]
    [InlineData("/a/b/c = 1", """{"/a/b/c":1}""")]
    [InlineData("true = 1, null = 2", """{"null":2,"true":1}""")]
    [InlineData("10.20 = x", """{"10":{"20":"x"}}""")]
    [InlineData("a b . c = 1", """{"a b ":{" c":1}}""")]
    [InlineData("a.\"b.c\".d = 1", """{"a":{"b.c":{"d":1}}}""")]
    [InlineData("\"\".\"\" = 1", """{"":{"":1}}""")]
    [InlineData("-a-.b_c = 1", """{"-a-":{"b_c":1}}""")]
    [InlineData("include.x = 1, includes = 2, \"include\" = 3, a include = 4", """{"a include":4,"include":3,"includes":2}""")]
    [InlineData("a = include", """{"a":"include"}""")]
    [InlineData("a = b # c\nd = e // f", """{"a":"b","d":"e"}""")]
    [InlineData("a /* b = 1", null)]
    [InlineData("a\u00a0=\u2003b", """{"a":"b"}""")]
    [InlineData("a = 1, a = 2", """{"a":2}""")]
    [InlineData("a = { x = 1 }, a = { y = 2 }", """{"a":{"x":1,"y":2}}""")]
    [InlineData("a = { x = 1 }, a = null, a = { y = 2 }", """{"a":{"y":2}}""")]
    [InlineData("a.x = 1, a.y = 2, a = 3, a.z = 4", """{"a":{"z":4}}""")]
    [InlineData("a = \"\\u0041\\t\\/\"", "{\"a\":\"A\\t/\"}")]
    public void Document_IsReadSo_WhenItIsAnEdgeOfTheGrammar(string text, string? expected)
    {
        if (expected is null)
            HoconTestTree.Fault(text);
        else
            Assert.Equal(expected, HoconTestTree.Read(text));
    }

    [Theory]
    [InlineData("a = \"\"\"one\n two\\n\"\"\"", "one\n two\\n")]
    [InlineData("a = \"\"\"\"\"\"", "")]
    [InlineData("a = \"\"\"x\"\"\"\"", "x\"")]
    [InlineData("a = \"\"\"x\"\"\"\"\"\"", "x\"\"\"")]
    [InlineData("a = \"\"\"\"x\"\"\"", "\"x")]
    [InlineData("a = \"\"\"x \"\" y\"\"\"", "x \"\" y")]
    public void TripleQuotes_KeepEverything_WhateverIsInside(string text, string expected) =>
        Assert.Equal(expected, HoconDocument.Parse(text).RootObject.Find("a")!.AsText());

    [Theory]
    [InlineData("42")]
    [InlineData("\"a\"")]
    [InlineData("${a}")]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("a = 1 }")]
    [InlineData("{ a = 1 } }")]
    [InlineData("{ a = 1 } b = 2")]
    [InlineData("[1,,2]")]
    [InlineData("[,1]")]
    [InlineData("[1,2,,]")]
    [InlineData("[1")]
    [InlineData("[1}")]
    [InlineData("{ a = 1 ]")]
    [InlineData(", a = 1")]
    [InlineData("a = 1,, b = 2")]
    [InlineData("a")]
    [InlineData("a =")]
    [InlineData("{ a = }")]
    [InlineData("a = , b = 1")]
    [InlineData("a = b : c")]
    [InlineData("a = http://example.org")]
    [InlineData("= 1")]
    [InlineData("[ = ]")]
    [InlineData("a..b = 1")]
    [InlineData(".a = 1")]
    [InlineData("a. = 1")]
    [InlineData("{ a : 1 \"b\" : 2 }")]
    [InlineData("a = { x = 1 } [2]")]
    [InlineData("a = [2] { x = 1 }")]
    [InlineData("a = { x = 1 } text")]
    [InlineData("a = null { x = 1 }")]
    [InlineData("a = [1] text")]
    [InlineData("a = \"open")]
    [InlineData("a = \"open\nnext\"")]
    [InlineData("a = \"\"\"open\"\"")]
    [InlineData("a = \"\\x\"")]
    [InlineData("a = \"\\u12g4\"")]
    [InlineData("a = \"tab\there\"")]
    [InlineData("a = $b")]
    [InlineData("a = ${b")]
    [InlineData("a = ${}")]
    [InlineData("a = ${ ?b}")]
    [InlineData("a = ${b.}")]
    [InlineData("a = ${b = c}")]
    [InlineData("a = ${${b}}")]
    [InlineData("${a} = 1")]
    [InlineData("a = x@y")]
    [InlineData("a = 5 * 3")]
    [InlineData("a = `x`")]
    [InlineData("a = ^")]
    [InlineData("a = +1")]
    [InlineData("a = b?")]
    [InlineData("a = c!")]
    [InlineData("a = d & e")]
    [InlineData("a = \\")]
    [InlineData("a = 1 + 2")]
    [InlineData("a \0 = 1")]
    [InlineData("include : {}")]
    [InlineData("include = 1")]
    [InlineData("{ include }")]
    [InlineData("include name")]
    [InlineData("include ${a}")]
    [InlineData("include file(name)")]
    [InlineData("include file(\"name\"")]
    [InlineData("include url(\"http://example.org\")")]
    public void Document_IsRefusedWithPosition_WhenItIsNotHocon(string text)
    {
        var fault = HoconTestTree.Fault(text);
        Assert.StartsWith("text:", fault.Message, StringComparison.Ordinal);
        Assert.True(fault.Origin is { Line: > 0, Column: > 0 });
        Assert.EndsWith(".", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fault_NamesLineAndColumn_WhenTheFaultIsInTheMiddle()
    {
        var fault = HoconTestTree.Fault("a = 1\n\n  b = x@y\n");
        Assert.Equal(new HoconOrigin("text", 3, 8), fault.Origin);
        Assert.Equal("text:3:8: '@' cannot stand in an unquoted value. Put the whole value in double quotes.", fault.Message);
    }

    [Theory]
    [InlineData('[', ']')]
    [InlineData('{', '}')]
    public void Document_IsRefused_WhenNestedTooDeep(char open, char close)
    {
        string Nested(int levels) => open == '['
            ? new string(open, levels) + new string(close, levels)
            : string.Concat(Enumerable.Repeat("{a:", levels - 1)) + "{}" + new string(close, levels - 1);

        HoconDocument.Parse(Nested(100));
        Assert.Contains("nested more than 200 levels", HoconTestTree.Fault(Nested(100_000)).Message, StringComparison.Ordinal);
        var longKey = string.Join('.', Enumerable.Repeat("a", 5000)) + "=1";
        Assert.Contains("nested more than 200 levels", HoconTestTree.Fault(longKey).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a.b-c.d_e.0", "a.b-c.d_e.0")]
    [InlineData("\"a.b\".c", "\"a.b\".c")]
    [InlineData("\"\".x", "\"\".x")]
    [InlineData(" a b ", "\"a b\"")]
    [InlineData("\"say \\\"hi\\\"\"", "\"say \\\"hi\\\"\"")]
    public void Path_RendersAsItParses_WhenItIsValid(string expression, string rendered)
    {
        Assert.Equal(rendered, HoconPath.Render(HoconPath.Parse(expression)));
        Assert.Equal(HoconPath.Parse(expression), HoconPath.Parse(rendered));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a.")]
    [InlineData("a:b")]
    [InlineData("a b = c")]
    public void Path_IsRefused_WhenItIsInvalid(string expression) => Assert.Throws<HoconException>(() => HoconPath.Parse(expression));
}
