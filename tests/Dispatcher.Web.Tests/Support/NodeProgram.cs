using System.Diagnostics;

namespace Dispatcher.Web.Tests.Support;

/// <summary>Runs a program of the npm packages in tests/clients, which <c>./build.sh test</c> installs.</summary>
internal static class NodeProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static string ClientsDirectory { get; } = Path.Combine(RepositoryRoot(), "tests", "clients");

    /// <param name="script">Its path below node_modules.</param>
    /// <returns>The exit code, and what it wrote to both outputs.</returns>
    public static async Task<(int ExitCode, string Output)> Run(string script, params string[] arguments)
    {
        var path = Path.Combine(ClientsDirectory, "node_modules", script);
        Assert.True(File.Exists(path), $"{path} is missing; run `npm ci` in tests/clients.");
        var start = new ProcessStartInfo("node") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = ClientsDirectory };
        foreach (var argument in (string[])[path, .. arguments]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Akka.Jobs.sln"))) directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
