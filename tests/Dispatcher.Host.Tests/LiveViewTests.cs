using System.Collections.Immutable;
using Dispatcher.Host.Terminal;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;
using Spectre.Console;

namespace Dispatcher.Host.Tests;

public sealed class LiveViewTests
{
    private const int Width = 80;

    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Picture_ShowsStatesAndReasons_InOneLineAStep()
    {
        var lines = Lines(Picture(steps: 3) with { Waits = [Wait("s1")] });
        Assert.Contains(lines, line => line.StartsWith("✓ s0", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("◌ s1", StringComparison.Ordinal) && line.Contains("waits: render runs 4 of 4, number 2 in line", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("· s2", StringComparison.Ordinal) && line.Contains("needs s1", StringComparison.Ordinal));
    }

    [Fact]
    public void Picture_KeepsLinesInsideTheTerminal_WhenTextsAreLong()
    {
        var message = string.Concat(Enumerable.Repeat("変換に失敗 [bold] \n", 40));
        var picture = Picture(steps: 2);
        var failed = picture.State with { Steps = picture.State.Steps.SetItem(1, new StepState { Status = StepStatus.Failed, Failure = Failure.Of(ErrorClass.Permanent, message) }) };
        Assert.All(Lines(picture with { State = failed }), line => Assert.True(new Spectre.Console.Rendering.Segment(line).CellCount() < Width, line));
    }

    [Fact]
    public void Picture_FitsTheTerminal_WhenThereAreMoreStepsThanLines()
    {
        var lines = Lines(Picture(steps: 60));
        Assert.True(lines.Count <= 24, $"{lines.Count} lines");
        Assert.Contains(lines, line => line.StartsWith("◌ s1 ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("more steps", StringComparison.Ordinal));
    }

    private static List<string> Lines(RunPicture picture)
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        (console.Profile.Width, console.Profile.Height) = (Width, 24);
        console.Write(new LiveView(console).Render(picture));
        return [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <summary>The first step has completed, the second is queued, the others need it.</summary>
    private static RunPicture Picture(int steps)
    {
        var plan = new JobPlan("talk", 1, "hash", [.. Enumerable.Range(0, steps).Select(i => new StepPlan { Id = $"s{i}", Handler = "noop", Stage = "render", Needs = i == 0 ? [] : [Math.Min(i - 1, 1)] })]);
        var id = JobId.Parse("019a0000-0000-7000-8000-000000000001");
        var state = JobState.Initial(plan)
            .Evolve(new JobEvent.Submitted(id, new JobSpec { Workflow = new WorkflowReference("talk", 1, "hash") }, new Principal("ann"), Noon))
            .Evolve(new JobEvent.Started(Noon))
            .Evolve(new JobEvent.StepStarted("s0", null, 1, Noon))
            .Evolve(new JobEvent.StepCompleted("s0", null, 1, null, null, Noon.AddSeconds(2)))
            .Evolve(new JobEvent.StepQueued("s1", null, Noon.AddSeconds(2)));
        return new RunPicture(state, default, ImmutableDictionary<StepKey, double>.Empty, ImmutableDictionary<StepKey, string>.Empty, [], Noon.AddSeconds(3));
    }

    private static StepWait Wait(string step) => new(new StepKey(step), "render", new AdmissionWait(AdmissionReason.Cap, "full", 2, 4, 4, null));
}
