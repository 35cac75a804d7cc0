using System.Diagnostics;

namespace Dispatcher.Process.Tests;

/// <summary>The program as `./build.sh publish` leaves it: that it starts, and that its exit codes are those that it documents.</summary>
public sealed class PublishedProgramTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dispatcher-process-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Help_NamesTheCommands()
    {
        var (exitCode, output, _) = await Run("--help");
        Assert.Equal(0, exitCode);
        Assert.Contains("resume", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_EndsWith2_WhenThereIsNoSuchWorkflow()
    {
        var (exitCode, _, errors) = await Run("run", "no-such-workflow.yaml", "--data", DataDirectory);
        Assert.Equal(2, exitCode);
        Assert.Contains("no-such-workflow.yaml", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CompletesAJob_ThatJobListShowsAfterwards()
    {
        var workflow = Path.Combine(_folder.FullName, "two steps.yaml");
        await File.WriteAllTextAsync(workflow, "name: two\nversion: 1\nsteps:\n  - { id: a, uses: noop }\n  - { id: b, uses: noop, needs: [a] }\n");
        var (exitCode, _, errors) = await Run("run", workflow, "--data", DataDirectory);
        Assert.True(exitCode == 0, errors);
        var (_, list, _) = await Run("job", "list", "--data", DataDirectory);
        Assert.Contains("completed", list, StringComparison.Ordinal);
    }

    private string DataDirectory => Path.Combine(_folder.FullName, "data");

    private async Task<(int ExitCode, string Output, string Errors)> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program(), arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.FullName };
        using var process = System.Diagnostics.Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>In artifacts/dispatcher of the clone that the tests were built in.</summary>
    private static string Program()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Akka.Jobs.sln"))) folder = folder.Parent;
        var program = Path.Combine(folder.FullName, "artifacts", "dispatcher", "dispatcher");
        Assert.True(File.Exists(program), "The program is not published; run ./build.sh publish.");
        return program;
    }
}
