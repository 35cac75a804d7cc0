using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Tests;

public sealed class DoctorCommandTests : IDisposable
{
    private readonly CommandRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Doctor_Exits0_WhenTheDataIsSound()
    {
        await Ran(Samples.Three);

        var plain = await _run.OnData("doctor");
        var json = await _run.OnData("doctor", "--json", "--quick");

        Assert.Equal(0, plain.ExitCode);
        Assert.Contains("is sound: 1 jobs", plain.Out, StringComparison.Ordinal);
        Assert.Contains("Checking", plain.Error, StringComparison.Ordinal);
        Assert.Equal((0, true, 0), (json.ExitCode, json.Json.GetProperty("healthy").GetBoolean(), json.Json.GetProperty("stuck").GetInt32()));
    }

    [Fact]
    public async Task Doctor_Exits1_AndSaysWhatToDo_WhenSomethingIsWrong()
    {
        var id = await Ran(Samples.Writing);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_run.Data, "artifacts"), "*", SearchOption.AllDirectories)) File.AppendAllText(file, "more");

        var plain = await _run.OnData("doctor");
        var json = (await _run.OnData("doctor", "--json")).Json;

        Assert.Equal(1, plain.ExitCode);
        Assert.Contains("artifact-size: 1", plain.Out, StringComparison.Ordinal);
        Assert.Contains("  To do: ", plain.Out, StringComparison.Ordinal);
        Assert.Contains(id, plain.Out, StringComparison.Ordinal);
        var problem = json.GetProperty("problems")[0];
        Assert.Equal(("artifact-size", 1), (problem.GetProperty("problem").GetString(), problem.GetProperty("count").GetInt32()));
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("action").GetString()));
        Assert.Equal(id, json.GetProperty("findings")[0].GetProperty("job_id").GetString());
        Assert.Equal(0, (await _run.OnData("doctor", "--no-artifacts")).ExitCode);
    }

    [Fact]
    public async Task Doctor_Exits4_WhenNothingRanThere() => Assert.Equal(4, (await _run.OnData("doctor")).ExitCode);

    [Fact]
    public async Task Doctor_Exits1_WhenTheFileIsNoDatabase()
    {
        await Ran(Samples.Three);
        File.WriteAllText(Path.Combine(_run.Data, "dispatcher.db"), "this is a text");

        var output = await _run.OnData("doctor");

        Assert.Equal(1, output.ExitCode);
        Assert.Contains("backup", output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_Looks_BesideAProcessThatWrites()
    {
        _run.Write("sleep.yaml", Samples.Sleeping("1h"));
        var signals = new StopSignals();
        CommandRun.Output? beside = null;
        await _run.OnData(signals, ("nap sleeps", LookAndStop), "run", "sleep.yaml");

        Assert.Equal(0, beside!.ExitCode);
        Assert.Contains("is sound: 1 jobs", beside.Out, StringComparison.Ordinal);

        void LookAndStop()
        {
            beside = _run.OnData("doctor").GetAwaiter().GetResult();
            signals.Terminate();
        }
    }

    private async Task<string> Ran(string workflow)
    {
        _run.Write("workflow.yaml", workflow);
        return (await _run.OnData("run", "workflow.yaml", "--json")).Json.GetProperty("job_id").GetString()!;
    }
}
