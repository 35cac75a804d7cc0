using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>What the program does with the signals of an operating system and its user.</summary>
public sealed class SignalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Flag => _directory.In("flag");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Sigterm_LetsTheRunningStepEndAndStartsNoOther_WhenTheStepIsShort()
    {
        await using var host = await StartStep(SmallWorkflows.UntilThereIs(Flag), ("DISPATCHER__STEPS__DRAIN_TIMEOUT", "1 h"));
        host.Terminate();
        await host.WaitForText("Stopping");
        await File.WriteAllTextAsync(Flag, "");
        var result = await host.WaitForExit();
        Assert.True(result.ExitCode == 0, result.All);
        var stopped = (await JournalChecker.AssertHolds(_directory.Data, mustHaveEnded: false))[0];
        Assert.Equal(StepStatus.Completed, Fold(stopped).Step("first").Status);
        Assert.DoesNotContain(stopped.Decoded, e => e is JobEvent.StepStarted { Step: "second" });

        await AssertResumes(lastAttempt: 1);
    }

    [Fact]
    public async Task Sigterm_GivesTheStepBackUncounted_WhenItTakesLong()
    {
        await using var host = await StartStep(SmallWorkflows.UntilThereIs(Flag));
        host.Terminate();
        var result = await host.WaitForExit();
        Assert.True(result.ExitCode == 0, result.All);
        Assert.Contains("dispatcher resume ", result.Error, StringComparison.Ordinal);
        await Leftovers.WaitUntilNone(Flag);
        var stopped = (await JournalChecker.AssertHolds(_directory.Data, mustHaveEnded: false))[0];
        Assert.Contains(stopped.Decoded, e => e is JobEvent.StepReleased { Step: "first" });

        await File.WriteAllTextAsync(Flag, "");
        await AssertResumes(lastAttempt: 1);
    }

    [Fact]
    public async Task Sigint_CancelsTheJobAndExits130_WhenGivenOnce()
    {
        await using var host = await StartStep(SmallWorkflows.UntilThereIs(Flag));
        host.Interrupt();
        var result = await host.WaitForExit();
        Assert.True(result.ExitCode == 130, result.All);
        await Leftovers.WaitUntilNone(Flag);
        var job = (await JournalChecker.AssertHolds(_directory.Data))[0];
        Assert.IsType<JobEvent.Cancelled>(job.Decoded.Last());
    }

    [Fact]
    public async Task Sigint_LeavesAtOnce_WhenGivenTwice()
    {
        // A command that does not heed the cancelling for as long as the node's patience lasts.
        var stubborn = SmallWorkflows.Shell($"trap '' TERM; touch '{Flag}.begun'; while [ ! -e '{Flag}' ]; do sleep 0.02; done");
        await using var host = await StartStep(stubborn, ("DISPATCHER__PROCESS__KILL_GRACE", "1 h"), ("DISPATCHER__STEPS__ABANDON_AFTER", "1 h"));
        host.Interrupt();
        await host.WaitForText("Ctrl-C once more leaves at once");
        host.Interrupt();
        var result = await host.WaitForExit();
        Assert.True(result.ExitCode == 130, result.All);
        Assert.Contains("Left", result.Error, StringComparison.Ordinal);
        await Leftovers.WaitUntilNone(Flag);
        await JournalChecker.AssertHolds(_directory.Data, mustHaveEnded: false);
    }

    [Fact]
    public async Task Sigint_LeavesTheJobResumable_WhenTwoComeBeforeTheCancelling()
    {
        await using var host = await StartStep(SmallWorkflows.UntilThereIs(Flag));
        // Frozen, the process sees both signals of the user at once, or one of them: either it cancels, or it leaves the job open.
        await host.Stop();
        host.Interrupt();
        host.Continue();
        host.Interrupt();
        var result = await host.WaitForExit();
        Assert.True(result.ExitCode == 130, result.All);
        var job = (await JournalChecker.AssertHolds(_directory.Data, mustHaveEnded: false))[0];
        if (job.Row.Status == JobStatus.Cancelled) return;
        Assert.Contains("dispatcher resume ", result.Error, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Flag, "");
        await AssertResumes(lastAttempt: null);
    }

    [Fact]
    public async Task Sigstop_LosesNothing_WhenTheWorkComesDueMeanwhile()
    {
        var workflow = _directory.Write("naps.yaml", SmallWorkflows.NapsUntilThereIs(Flag, 12, 100));
        await using var host = DispatcherProcess.Start(_directory.Path, SmallWorkflows.AllowShell, "run", workflow, "--data", _directory.Data);
        foreach (var nap in (string[])["nap2", "nap6", "nap9"])
        {
            await Journal.WaitFor(_directory.Data, e => e is JobEvent.StepSleeping sleeping && sleeping.Step == nap, $"{nap} sleeps");
            await host.Stop();
            var frozen = await Journal.ReadOne(_directory.Data);
            await Wait.Until(() => TimeProvider.System.GetUtcNow() > frozen.Events[^1].At + TimeSpan.FromMilliseconds(500), () => "the nap is over");
            Assert.Equal(frozen.Events.Count, (await Journal.ReadOne(_directory.Data)).Events.Count);
            host.Continue();
        }

        await File.WriteAllTextAsync(Flag, "");
        var result = await host.WaitForExit();
        Assert.True(result.ExitCode == 0, result.All);
        Assert.Equal(JobStatus.Completed, (await JournalChecker.AssertHolds(_directory.Data))[0].Row.Status);
    }

    [Fact]
    public async Task SecondProcess_IsRefusedWithTheFirstOnesNumber_EvenWhenThatIsFrozen()
    {
        await using var host = await StartStep(SmallWorkflows.UntilThereIs(Flag));
        await AssertRefused(host.Id);
        await host.Stop();
        await AssertRefused(host.Id);
        host.Continue();
        await File.WriteAllTextAsync(Flag, "");
        Assert.Equal(0, (await host.WaitForExit()).ExitCode);
        await JournalChecker.AssertHolds(_directory.Data);
    }

    [Fact]
    public async Task KilledProcess_LeavesTheDirectoryFree_AndNoCommandBehind()
    {
        await using var host = await StartStep(SmallWorkflows.UntilThereIs(Flag));
        host.Kill9();
        await host.WaitForExit();
        await Leftovers.WaitUntilNone(Flag);
        await File.WriteAllTextAsync(Flag, "");
        await AssertResumes(lastAttempt: 2);
    }

    /// <summary>A host in whose job the step <c>first</c> has begun, in the journal and for real.</summary>
    private async Task<DispatcherProcess> StartStep(string workflow, params (string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string?>(SmallWorkflows.AllowShell, StringComparer.Ordinal);
        foreach (var (name, value) in settings) environment[name] = value;
        var host = DispatcherProcess.Start(_directory.Path, environment, "run", _directory.Write("shell.yaml", workflow), "--data", _directory.Data);
        await Wait.Until(() => File.Exists($"{Flag}.begun") || host.HasExited, () => "the step begins");
        Assert.False(host.HasExited, $"{host.Out}{host.Error}");
        return host;
    }

    /// <summary>Goes on to the end. The last start of the first step is this one: its attempt says what was counted.</summary>
    private async Task AssertResumes(int? lastAttempt)
    {
        var result = await DispatcherProcess.Run(_directory.Path, SmallWorkflows.AllowShell, "resume", "--data", _directory.Data);
        Assert.True(result.ExitCode == 0, result.All);
        var job = (await JournalChecker.AssertHolds(_directory.Data))[0];
        Assert.Equal(JobStatus.Completed, job.Row.Status);
        if (lastAttempt is not null) Assert.Equal(lastAttempt, job.Decoded.OfType<JobEvent.StepStarted>().Last(start => start.Step == "first").Attempt);
    }

    private async Task AssertRefused(int holder)
    {
        var result = await DispatcherProcess.Run(_directory.Path, "run", _directory.Write("naps.yaml", SmallWorkflows.Naps(1, 1)), "--data", _directory.Data);
        Assert.True(result.ExitCode == 1, result.All);
        Assert.Contains($"in use by the process {holder}", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    private static JobState Fold(JobRecord job) => job.Decoded.Aggregate(JobState.Initial(job.Plan), (state, e) => state.Evolve(e));
}
