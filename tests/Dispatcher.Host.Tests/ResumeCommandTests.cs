using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Tests;

public sealed class ResumeCommandTests : IDisposable
{
    private readonly CommandRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Resume_FinishesTheJobWithoutRepeatingSteps_WhenItWasStopped()
    {
        var id = await Waiting("waiting");
        _run.OpenGate();
        var output = await _run.OnData("resume");
        Assert.Equal(0, output.ExitCode);
        Assert.Contains($"job {id} goes on; 1 of 3 steps have ended already", output.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("step first", output.Out, StringComparison.Ordinal);
        var events = (await _run.OnData("job", "events", id, "-o", "json")).Json.EnumerateArray().ToList();
        Assert.Single(events, e => e.GetProperty("type").GetString() == "step.started" && e.GetProperty("step").GetString() == "first");
        Assert.Equal("job.completed", events[^1].GetProperty("type").GetString());
    }

    [Fact]
    public async Task Run_GoesOnWithItsOwnWorkflow_WhenAskedToResumeAmongTwoUnfinished()
    {
        var older = await Waiting("first-flow");
        var newer = await Stopped("b.yaml", Samples.Sleeping("1h", "other-flow"));
        _run.OpenGate();
        var output = await _run.OnData("run", "first-flow.yaml", "--resume", "--json");
        Assert.Equal((0, older), (output.ExitCode, output.Json.GetProperty("job_id").GetString()!));
        Assert.Equal("running", (await _run.OnData("job", "show", newer, "-o", "json")).Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Resume_TakesTheNewestUnfinished_WhenNoneIsNamed()
    {
        await Stopped("a.yaml", Samples.Sleeping("1h", "older-flow"));
        var newer = await Waiting("newer-flow");
        _run.OpenGate();
        Assert.Equal(newer, (await _run.OnData("resume", "--json")).Json.GetProperty("job_id").GetString());
    }

    [Fact]
    public async Task Resume_TakesTheNamedJob_WhenAPrefixIsGiven()
    {
        var older = await Waiting("older-flow");
        await Stopped("b.yaml", Samples.Sleeping("1h", "newer-flow"));
        _run.OpenGate();
        Assert.Equal(older, (await _run.OnData("resume", older[..35], "--json")).Json.GetProperty("job_id").GetString());
    }

    [Fact]
    public async Task Run_MakesANewJob_WhenNoneOfItsWorkflowIsUnfinished()
    {
        _run.Write("three.yaml", Samples.Three);
        var first = await _run.OnData("run", "three.yaml", "--resume", "--json");
        var second = await _run.OnData("run", "three.yaml", "--resume", "--json");
        Assert.NotEqual(first.Json.GetProperty("job_id").GetString(), second.Json.GetProperty("job_id").GetString());
    }

    [Fact]
    public async Task Resume_Exits4_WhenThereIsNothingUnfinished()
    {
        var nowhere = await _run.OnData("resume");
        Assert.Equal(4, nowhere.ExitCode);
        Assert.False(Directory.Exists(_run.Data));
        await _run.OnData("run", _run.Write("three.yaml", Samples.Three));
        var ended = await _run.OnData("resume");
        Assert.Equal(4, ended.ExitCode);
        Assert.Contains("all jobs", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SaysThatOthersGoOnToo_WhenTheDirectoryHasActiveJobs()
    {
        _run.Set("DISPATCHER__STAGES__NOOP__RATE_PER_SECOND", "0.001");
        await Stopped("three.yaml", Samples.Three, "step two[0] queued");
        _run.Set("DISPATCHER__STAGES__NOOP__RATE_PER_SECOND", "0");
        var output = await _run.OnData("run", "three.yaml");
        Assert.Equal(0, output.ExitCode);
        Assert.Contains("1 other unfinished job", output.Error, StringComparison.Ordinal);
    }

    /// <summary>Runs a workflow and stops it, as SIGTERM would, when the text comes up. Returns the job's id.</summary>
    private async Task<string> Stopped(string file, string workflow, string when = "nap sleeps")
    {
        var signals = new StopSignals();
        await _run.OnData(signals, (when, signals.Terminate), "run", _run.Write(file, workflow));
        return await Newest();
    }

    /// <summary>Stops a job that ends when the gate is opened. Returns its id.</summary>
    private async Task<string> Waiting(string workflow)
    {
        await _run.RunAndStop(workflow);
        return await Newest();
    }

    private async Task<string> Newest() => (await _run.OnData("job", "list", "-o", "ids", "--limit", "1")).Lines[0];
}
