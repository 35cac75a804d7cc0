using Dispatcher.Host.Configuration.Hocon;

namespace Dispatcher.Host.Tests;

/// <summary>Concatenation, substitution, self-reference and cycles.</summary>
public sealed class HoconResolutionTests
{
    [Theory]
    [InlineData("a = null bar 42 \"baz\" true 3.14 hi   ", """{"a":"null bar 42 baz true 3.14 hi"}""")]
    [InlineData("a = 1 2", """{"a":"1 2"}""")]
    [InlineData("a = \"1\"", """{"a":"1"}""")]
    [InlineData("a =   x  y  ", """{"a":"x  y"}""")]
    [InlineData("a = \" x \" y", """{"a":" x  y"}""")]
    [InlineData("a = [1] [2, 3]", """{"a":[1,2,3]}""")]
    [InlineData("a = [[1] [2]]", """{"a":[[1,2]]}""")]
    [InlineData("a = { x = 1 } { y = 2, x = 3 }", """{"a":{"x":3,"y":2}}""")]
    [InlineData("a = [{ x = 1 } { y = 2 }]", """{"a":[{"x":1,"y":2}]}""")]
    [InlineData("b = 5, a = ${b}", """{"a":5,"b":5}""")]
    [InlineData("a = ${b}, b = ${c}, c = true", """{"a":true,"b":true,"c":true}""")]
    [InlineData("b = 5, a = x${b}y ${b}", """{"a":"x5y 5","b":5}""")]
    [InlineData("b = null, a = x${b}", """{"a":"xnull","b":null}""")]
    [InlineData("b = [1], a = ${b} [2] ${b}", """{"a":[1,2,1],"b":[1]}""")]
    [InlineData("b { x = 1 }, a = ${b} { y = 2 }", """{"a":{"x":1,"y":2},"b":{"x":1}}""")]
    [InlineData("b { x = 1 }, c { x = 2, y = 3 }, a = ${b} ${c}", """{"a":{"x":2,"y":3},"b":{"x":1},"c":{"x":2,"y":3}}""")]
    [InlineData("a { 2 = y, 1 = x }, b = ${a} [z]", """{"a":{"1":"x","2":"y"},"b":["x","y","z"]}""")]
    [InlineData("a = ${ b }, b = 1", """{"a":1,"b":1}""")]
    [InlineData("a = ${\"b.c\".d}, \"b.c\" { d = 1 }", """{"a":1,"b.c":{"d":1}}""")]
    [InlineData("b = 1, a = ${b}, b = 2", """{"a":2,"b":2}""")]
    [InlineData("a { b = 1, c = ${a.b} }, a { b = 2 }", """{"a":{"b":2,"c":2}}""")]
    [InlineData("a = ${b}, a { y = 2 }, b { x = 1, y = 1 }", """{"a":{"x":1,"y":2},"b":{"x":1,"y":1}}""")]
    [InlineData("a = ${nowhere}, a = 1", """{"a":1}""")]
    [InlineData("a = [1, ${b}], b { x = [] }", """{"a":[1,{"x":[]}],"b":{"x":[]}}""")]
    public void Value_ResolvesTo_WhenPiecesStandSideBySide(string text, string expected) =>
        Assert.Equal(expected, HoconTestTree.Read(text));

    [Theory]
    [InlineData("a = ${?x}", "{}")]
    [InlineData("a = 1, a = ${?x}", """{"a":1}""")]
    [InlineData("a = [1, ${?x}, 2]", """{"a":[1,2]}""")]
    [InlineData("a = b${?x}c", """{"a":"bc"}""")]
    [InlineData("a = ${?x}${?y}", "{}")]
    [InlineData("a = ${?x} { b = 1 }", """{"a":{"b":1}}""")]
    [InlineData("a = ${?x} [1]", """{"a":[1]}""")]
    [InlineData("a = ${?b}, b = ${?c}, c = ${?d}", "{}")]
    [InlineData("a { b = ${?x} }", """{"a":{}}""")]
    [InlineData("a = ${?b.c}, b = 1", """{"b":1}""")]
    public void OptionalSubstitution_Vanishes_WhenItIsMissing(string text, string expected) =>
        Assert.Equal(expected, HoconTestTree.Read(text));

    [Theory]
    [InlineData("a = 1, a = ${a}2, a = ${a}3", """{"a":"123"}""")]
    [InlineData("p = x, p = ${p}\":y\"", """{"p":"x:y"}""")]
    [InlineData("a = ${?a}x", """{"a":"x"}""")]
    [InlineData("a = [1], a = ${a} [2]", """{"a":[1,2]}""")]
    [InlineData("a += 1, a += 2", """{"a":[1,2]}""")]
    [InlineData("a.b = [0], a.b += { x = 1 }", """{"a":{"b":[0,{"x":1}]}}""")]
    [InlineData("l = [{ a += 1, a += 2 }]", """{"l":[{"a":[1,2]}]}""")]
    [InlineData("b = [9], a = ${b}, a += 1", """{"a":[9,1],"b":[9]}""")]
    [InlineData("a { x = 1 }, a = ${a} { y = 2 }", """{"a":{"x":1,"y":2}}""")]
    [InlineData("a { x = 5 }, a = { x = 1 } ${a}", """{"a":{"x":5}}""")]
    [InlineData("f { a { c = 1 } }, f = ${f.a}, f { a = 2 }", """{"f":{"a":2,"c":1}}""")]
    [InlineData("a { b = 1 }, a { b = ${a.b}2 }", """{"a":{"b":"12"}}""")]
    [InlineData("bar { foo = 42, baz = ${bar.foo} }", """{"bar":{"baz":42,"foo":42}}""")]
    [InlineData("bar { a = ${foo.d}, b = 1 }, bar.b = 3, foo { c = ${bar.b}, d = 2 }, foo.d = 4", """{"bar":{"a":4,"b":3},"foo":{"c":3,"d":4}}""")]
    [InlineData("a = [1], a = [{ b = ${a} }]", """{"a":[{"b":[1]}]}""")]
    [InlineData("base { name = ${app.title} }, app = ${base}, app { title = t }", """{"app":{"name":"t","title":"t"},"base":{"name":"t"}}""")]
    [InlineData("base { name = ${app.title} }, app = ${base} { title = t }", """{"app":{"name":"t","title":"t"},"base":{"name":"t"}}""")]
    public void SelfReference_LooksBack_WhenThereIsAnEarlierValue(string text, string expected) =>
        Assert.Equal(expected, HoconTestTree.Read(text));

    [Theory]
    [InlineData("a = ${a}", "a")]
    [InlineData("a = [${a}]", "a")]
    [InlineData("a = ${b}, b = ${a}", "a")]
    [InlineData("a = ${b}, b = ${c}, c = ${a}", "a")]
    [InlineData("x.y = ${x.y}z", "x.y")]
    [InlineData("a { b = ${a} }", "a")]
    public void Cycle_IsRefusedByName_WhenNothingBreaksIt(string text, string path)
    {
        var fault = Assert.ThrowsAny<HoconException>(() => HoconDocument.Parse(text));
        Assert.Contains($"${{{path}}}", fault.Message, StringComparison.Ordinal);
        Assert.Contains("cycle", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a = ${?a}")]
    [InlineData("a = ${?b}, b = ${?a}")]
    public void Cycle_IsUndefined_WhenItIsOptional(string text) => Assert.Equal("{}", HoconTestTree.Read(text));

    [Theory]
    [InlineData("a = ${b.c}", "${b.c} has no value")]
    [InlineData("a = 1, a += 2", "cannot be joined")]
    [InlineData("a { x = 1 }, a += 2", "cannot be joined")]
    [InlineData("b = 1, a = ${b} { x = 1 }", "cannot be joined")]
    [InlineData("b = [1], a = ${b} x", "cannot be joined")]
    [InlineData("b { x = 1 }, a = ${b}[1]", "cannot be joined")]
    public void Resolution_IsRefused_WhenValuesAreMissingOrDoNotFit(string text, string part) =>
        Assert.Contains(part, HoconTestTree.Fault(text).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a = ${HOME}", """{"a":"/home/me"}""")]
    [InlineData("HOME = here, a = ${HOME}", """{"HOME":"here","a":"here"}""")]
    [InlineData("HOME = null, a = ${HOME}", """{"HOME":null,"a":null}""")]
    [InlineData("HOME = ${HOME}/x", """{"HOME":"/home/me/x"}""")]
    [InlineData("port = 80, port = ${?PORT}", """{"port":80}""")]
    public void Substitution_FallsBackToTheEnvironment_WhenTheDocumentHasNoValue(string text, string expected)
    {
        var options = new HoconReadOptions { Environment = name => name == "HOME" ? "/home/me" : null };
        Assert.Equal(expected, HoconTestTree.Show(HoconDocument.Parse(text, options).Root));
    }

    [Fact]
    public void Layers_ResolveAsOne_WhenALaterLayerOverrides()
    {
        var document = HoconDocument.Combine(
        [
            HoconLayer.FromText("root = /a, log = ${root}/log, tags = [x]", "one"),
            HoconLayer.FromText("root = /b, tags = ${tags} [y]", "two"),
        ]);
        Assert.Equal("""{"log":"/b/log","root":"/b","tags":["x","y"]}""", HoconTestTree.Show(document.Root));
        Assert.Equal("two:1", document.RootObject.Find("root")!.Origin.FileAndLine);
    }

    [Fact]
    public void Resolution_IsRefused_WhenTextDoublesWithoutEnd() =>
        Assert.Contains("characters", HoconTestTree.Fault(Doubling("a{1} = ${{a{0}}}${{a{0}}}")).Message, StringComparison.Ordinal);

    [Fact]
    public void Resolution_IsRefused_WhenObjectsDoubleWithoutEnd() =>
        Assert.Contains("enormous", HoconTestTree.Fault(Doubling("a{1} {{ l = ${{a{0}}}, r = ${{a{0}}} }}")).Message, StringComparison.Ordinal);

    [Fact]
    public void Resolution_IsRefused_WhenAChainIsTooLong()
    {
        var chain = string.Concat(Enumerable.Range(0, 50_000).Select(index => $"a{index} = ${{a{index + 1}}}\n")) + "a50000 = 1";
        Assert.Contains("in one chain", HoconTestTree.Fault(chain).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolution_IsRefused_WhenSubstitutionsNestTooDeep()
    {
        var nesting = "a0 = 1\n" + string.Concat(Enumerable.Range(0, 5000).Select(index => $"a{index + 1} {{ x = ${{a{index}}} }}\n"));
        Assert.Contains("nest more than", HoconTestTree.Fault(nesting).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolution_ComesToAnEnd_WhenManyOptionalValuesReferToEachOther()
    {
        var names = Enumerable.Range(0, 30).Select(index => $"a{index}").ToList();
        var tangle = string.Join('\n', names.Select(name => $"{name} = " + string.Concat(names.Select(other => $"${{?{other}}}"))));
        Assert.Contains("steps to resolve", HoconTestTree.Fault(tangle).Message, StringComparison.Ordinal);
    }

    private static string Doubling(string line) =>
        "a0 = xxxxxxxx\n" + string.Join('\n', Enumerable.Range(0, 40).Select(index => string.Format(null, line, index, index + 1)));
}
