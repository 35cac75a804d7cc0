using System.Diagnostics;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Workflows;

public class HostileDocumentTests
{
    [Theory]
    [InlineData("", "[")]
    [InlineData("{\"a\":", "[")]
    [InlineData("a: ", "{ a: ")]
    [InlineData("", "- ")]
    [InlineData("", "? ")]
    [InlineData("a: ", "'")]
    [InlineData("a: \"", "\\n")]
    [InlineData("a: [", "x,")]
    [InlineData("", "a: 1\n")]
    [InlineData("steps:\n", "- { id: a, uses: b, needs: [c] }\n")]
    [InlineData("name: ", "9")]
    [InlineData("output: \"", "${")]
    [InlineData("output: \"", "${a}")]
    [InlineData("output: [", "'${a}', ")]
    [InlineData("output: ${", "!")]
    [InlineData("output: '", "$")]
    public void Parse_ComesBackSoon_WhenTheDocumentIsAMegabyteOfTheSame(string start, string part)
    {
        var text = start + string.Concat(Enumerable.Repeat(part, (WorkflowLimits.DocumentBytes - start.Length - 10) / part.Length));
        var watch = Stopwatch.StartNew();
        Assert.NotEmpty(Examples.FaultsOf(text));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"took {watch.Elapsed}");
    }
}
