using System.Text;

namespace Dispatcher.Host.Tests;

public sealed class HoconIncludeTests : IDisposable
{
    private readonly HoconTestDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Include_MergesInPlace_WhenKeysRepeat()
    {
        _files.Write("part.conf", "a = included, b = included");
        _files.Write("main.conf", "a = before\nb = before\ninclude \"part.conf\"\nb = after");
        Assert.Equal("""{"a":"included","b":"after"}""", _files.Load("main.conf"));
    }

    [Theory]
    [InlineData("include \"part\"")]
    [InlineData("include\n\"part.conf\"")]
    [InlineData("include\"part.conf\"")]
    [InlineData("include file(\"part.conf\")")]
    [InlineData("include required( \"part\" )")]
    [InlineData("include required(file(\"part.conf\")), ")]
    [InlineData("{ include \"part.conf\" }")]
    public void Include_FindsTheFile_InEachForm(string text)
    {
        _files.Write("part.conf", "x = 1");
        _files.Write("main.conf", text);
        Assert.Equal("""{"x":1}""", _files.Load("main.conf"));
    }

    [Fact]
    public void Include_IsRelativeToItsFile_WhenNested()
    {
        _files.Write("outer/inner/leaf.conf", "leaf = 1");
        _files.Write("outer/middle.conf", "include \"inner/leaf\"");
        _files.Write("main.conf", "include \"outer/middle.conf\"");
        Assert.Equal("""{"leaf":1}""", _files.Load("main.conf"));
    }

    [Fact]
    public void Include_ReadsAllKinds_WhenTheExtensionIsLeftOut()
    {
        _files.Write("part.properties", "a = 1\nb=true\nc.0 = x\nc.1 = y");
        _files.Write("part.json", """{ "a": 2, "d": 2 }""");
        _files.Write("part.conf", "a = 3, e = ${c} [z]");
        _files.Write("main.conf", "include \"part\"");
        Assert.Equal("""{"a":3,"b":"true","c":{"0":"x","1":"y"},"d":2,"e":["x","y","z"]}""", _files.Load("main.conf"));
    }

    [Fact]
    public void Substitution_IsRelativised_WhenItsFileIsIncludedBelow()
    {
        _files.Write("part.conf", "x = 10, y = ${x}, z = ${top}");
        _files.Write("main.conf", "top = t\na.b { include \"part\" }\na.b.x = 42");
        Assert.Equal("""{"a":{"b":{"x":42,"y":42,"z":"t"}},"top":"t"}""", _files.Load("main.conf"));
    }

    [Fact]
    public void Substitution_IsRelativisedTwice_WhenIncludesNest()
    {
        _files.Write("leaf.conf", "x = 1, y = ${x}");
        _files.Write("middle.conf", "m { include \"leaf\" }, n = ${m.y}");
        _files.Write("main.conf", "a { include \"middle\" }");
        Assert.Equal("""{"a":{"m":{"x":1,"y":1},"n":1}}""", _files.Load("main.conf"));
    }

    [Fact]
    public void Include_IsIgnored_WhenTheFileIsMissing()
    {
        _files.Write("main.conf", "include \"nowhere\"\na = 1");
        Assert.Equal("""{"a":1}""", _files.Load("main.conf"));
    }

    [Fact]
    public void Include_IsRefusedWithPosition_WhenARequiredFileIsMissing()
    {
        _files.Write("main.conf", "a = 1\ninclude required(\"nowhere\")");
        var fault = _files.Fault("main.conf");
        Assert.Contains("'nowhere' does not exist", fault.Message, StringComparison.Ordinal);
        Assert.Equal(2, fault.Origin.Line);
    }

    [Fact]
    public void Include_IsRefused_WhenFilesIncludeEachOther()
    {
        _files.Write("one.conf", "include \"two\"");
        _files.Write("two.conf", "include \"one\"");
        Assert.Contains("one.conf includes two.conf includes one.conf", _files.Fault("one.conf").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Include_IsRefused_WhenItFansOutWithoutEnd()
    {
        for (var index = 0; index < 40; index++)
            _files.Write($"f{index}.conf", $"l {{ include \"f{index + 1}\" }}, r {{ include \"f{index + 1}\" }}");
        Assert.Contains("More than 1000 files", _files.Fault("f0.conf").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Include_IsRefused_WhenItNestsTooDeep()
    {
        for (var index = 0; index < 60; index++)
            _files.Write($"f{index}.conf", $"include \"f{index + 1}\"");
        Assert.Contains("50 files deep", _files.Fault("f0.conf").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Include_IsRefused_WhenTheFileHoldsAList()
    {
        _files.Write("list.conf", "[1]");
        _files.Write("main.conf", "include \"list\"");
        Assert.Contains("holds a list", _files.Fault("main.conf").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_IsRefused_WhenItIsTooLarge()
    {
        _files.Write("main.conf", "a = \"" + new string('x', 2_000_000) + "\"");
        Assert.Contains("larger than", _files.Fault("main.conf").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_IsRefused_WhenItIsMissing() =>
        Assert.Contains("does not exist", _files.Fault("main.conf").Message, StringComparison.Ordinal);

    [Fact]
    public void JsonFile_IsRefusedWithPosition_WhenItUsesMoreThanJson()
    {
        _files.Write("main.json", "{\n \"a\": b }");
        var fault = _files.Fault("main.json");
        Assert.Equal(2, fault.Origin.Line);
        Assert.Contains("not JSON", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_IsRead_WhenItStartsWithAByteOrderMark()
    {
        var withMark = new UTF8Encoding(encoderShouldEmitUTF8Identifier: true);
        foreach (var (name, text) in new[] { ("m.conf", "a=b"), ("m.json", """{ "a": "b" }"""), ("m.properties", "a=b") })
        {
            File.WriteAllText(Path.Combine(_files.Root, name), text, withMark);
            Assert.Equal("""{"a":"b"}""", _files.Load(name));
        }
    }

    [Fact]
    public void Properties_AreReadAsText_InEachSpelling()
    {
        _files.Write("main.properties", """
            # comment
            ! comment
            a.b = 1
            a.c: x y
            d   long\
                er
            e\ f=\u0041\t\\
            g
            win=C:\\x
            a=dropped
            """);
        Assert.Equal("""{"a":{"b":"1","c":"x y"},"d":"longer","e f":"A\t\\","g":"","win":"C:\\x"}""", _files.Load("main.properties"));
    }
}
