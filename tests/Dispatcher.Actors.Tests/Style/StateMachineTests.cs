using System.Text.RegularExpressions;
using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.Style;

/// <summary>The pictures in docs/state-machine.md show exactly what the law allows.</summary>
public sealed partial class StateMachineTests
{
    private static readonly StateExplorer Law = StateExplorer.Run();

    [Fact]
    public void ThePictureOfAJob_IsTheLaw() =>
        Compare("stateDiagram of jobs", Picture(0).Where(move => move.To != "[*]"), Law.JobMoves);

    [Fact]
    public void ThePictureOfAJob_EndsWhereNothingLeads()
    {
        var drawn = Picture(0).Where(move => move.To == "[*]").Select(move => move.From).ToHashSet();
        Assert.Equal(["cancelled", "completed", "failed"], drawn.Order());
        Assert.Equal([("failed", "recovering")], Law.JobMoves.Where(move => drawn.Contains(move.From)));
    }

    [Fact]
    public void ThePictureOfAStep_IsTheLaw() =>
        Compare("stateDiagram of steps", Picture(1).Where(move => move.From != "[*]" && move.To != "[*]"), Law.StepMoves);

    [Fact]
    public void TheSearch_ReachesEveryStatus()
    {
        var jobs = Law.JobMoves.SelectMany(move => new[] { move.From, move.To }).Where(name => name != "[*]").Distinct().Order();
        Assert.Equal(Enum.GetValues<JobStatus>().Where(status => status != JobStatus.None).Select(status => status.ToText()).Order(), jobs);
        var steps = Law.StepMoves.SelectMany(move => new[] { move.From, move.To }).Distinct().Order();
        Assert.Equal(Enum.GetValues<StepStatus>().Select(status => status.ToText()).Order(), steps);
        Assert.InRange(Law.States, 500, 100_000);
    }

    private static void Compare(string what, IEnumerable<(string From, string To)> drawn, IReadOnlySet<(string From, string To)> allowed)
    {
        var picture = drawn.ToHashSet();
        var missing = allowed.Except(picture).Select(move => $"    {move.From} --> {move.To}");
        var wrong = picture.Except(allowed).Order().Select(move => $"    {move.From} --> {move.To}");
        var difference = $"The {what} differs from the law.\n  Allowed and not drawn:\n{string.Join('\n', missing)}\n  Drawn and not allowed:\n{string.Join('\n', wrong)}";
        Assert.True(picture.SetEquals(allowed), difference);
    }

    private static IEnumerable<(string From, string To)> Picture(int index) =>
        from Match move in Move().Matches(Diagram().Matches(Repository.Read("docs/state-machine.md"))[index].Value)
        select (move.Groups["from"].Value, move.Groups["to"].Value);

    [GeneratedRegex(@"```mermaid\s+stateDiagram[\s\S]*?```")]
    private static partial Regex Diagram();

    [GeneratedRegex(@"^\s*(?<from>\S+) --> (?<to>[\w\[\]*]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Move();
}
