using System.Diagnostics;
using Dispatcher.Host.Configuration.Hocon;
using Xunit.Abstractions;

namespace Dispatcher.Host.Tests;

/// <summary>Whatever the text, the reader gives a tree or a <see cref="HoconException"/>, and it comes to an end.</summary>
public sealed class HoconFuzzTests(ITestOutputHelper output)
{
    private const int Documents = 20_000;

    private static readonly string[] Seeds =
    [
        "a { b = 1, c = [1, 2, \"x\"] } # end\na.b = ${a.c} [3]\nd = ${?e} { f = \"\"\"q\"\"\" }",
        "x = ${y}, y = ${?z}, z = 5 s\nx = [${y}, ${z}w]\nl += ${z}\nl += { a = ${?l} }",
        "base { name = ${app.title}, n { m = ${base.name} } }\napp = ${base} { title = t }",
        "include \"x\"\ninclude file(\"y\"),\nk.\"q.r\".s : true, u = http // c\n10.1 = -1.5e+3x",
        "a = ${?b}, b = [${?c}] ${?a}, c = ${?b} [1]\nd = ${?e}, d { f = ${?d.g}, g = ${?d.h} }, e { h = ${a} }",
    ];

    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ",", ":", "=", "+=", "${a}", "${?b}", "${", "${a.b}", "${?d.f}", "\"", "\"\"\"", "\n", "#", "//", " ", ".",
        "\\u00", "\\", "null", "true", "12", "-", "a", "b.c", "include ", "\0", "\uD800", "\uFEFF",
    ];

    [Fact]
    public void Seeds_AreValid_BeforeTheyAreMutated() => Assert.All(Seeds, seed => HoconDocument.Parse(seed));

    [Theory]
    [InlineData(20_260_114)]
    [InlineData(77)]
    public void Reader_ThrowsNothingElse_WhenValidDocumentsAreMutated(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var started = Stopwatch.GetTimestamp();
        var valid = 0;
        for (var number = 0; number < Documents; number++)
        {
            var text = Mutate(random, Seeds[random.Next(Seeds.Length)]);
            try
            {
                _ = HoconDocument.Parse(text, new HoconReadOptions { Environment = _ => null }).Root;
                valid++;
            }
            catch (HoconException fault)
            {
                Assert.StartsWith("text:", fault.Message, StringComparison.Ordinal);
            }
            catch (Exception other)
            {
                Assert.Fail($"seed {seed}, document {number}: {other.GetType().Name} for\n{text}\n{other}");
            }
        }

        output.WriteLine($"{valid} of {Documents} were valid, {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
        Assert.InRange(valid, 1, Documents - 1);
    }

    private static string Mutate(Random random, string text)
    {
        for (var edits = random.Next(1, 5); edits > 0; edits--)
        {
            var at = random.Next(text.Length + 1);
            var length = random.Next(Math.Min(6, text.Length - at) + 1);
            var other = Seeds[random.Next(Seeds.Length)];
            var from = random.Next(other.Length);
            text = random.Next(5) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, Fragments[random.Next(Fragments.Length)]),
                2 => text.Remove(at, length).Insert(at, Fragments[random.Next(Fragments.Length)]),
                3 => text.Insert(at, other[from..Math.Min(other.Length, from + 20)]),
                _ => text + "\n" + text[at..],
            };
        }

        return text;
    }
}
