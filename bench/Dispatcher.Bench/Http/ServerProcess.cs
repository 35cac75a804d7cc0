using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Dispatcher.Bench.Http;

/// <summary>A server in a process of its own; tells its address on its first lines, as <c>... http://127.0.0.1:PORT</c>.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int Terminate = 15;

    /// <summary>Of <c>/proc/PID/stat</c>: ticks are hundredths of a second on every Linux that .NET supports.</summary>
    private const double TicksPerSecond = 100;

    private readonly Process _process;

    private ServerProcess(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public double ResidentMiB
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    /// <summary><c>dispatcher serve</c> on a data directory: the published program, or the one that DISPATCHER_PROGRAM names.</summary>
    /// <param name="config">A settings file.</param>
    public static Task<ServerProcess> Dispatcher(string dataDirectory, string? config = null)
    {
        var program = Environment.GetEnvironmentVariable("DISPATCHER_PROGRAM") ?? Path.Combine("artifacts", "dispatcher", "dispatcher");
        return Start(program, ["serve", "--urls", "http://127.0.0.1:0", "--data", dataDirectory, .. config is null ? [] : new[] { "--config", config }]);
    }

    public static Task<ServerProcess> Bare(string directory) => Start(Environment.ProcessPath!, BareServer.Verb, directory);

    /// <summary>Seconds of processor time since the start.</summary>
    public double CpuSeconds()
    {
        var fields = File.ReadAllText($"/proc/{_process.Id}/stat").Split(") ")[1].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) Kill(_process.Id, Terminate);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<ServerProcess> Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["DISPATCHER__LOGGING__LEVEL"] = "information";
        var process = Process.Start(start)!;
        var found = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.ErrorDataReceived += (_, line) => Look(line.Data);
        process.OutputDataReceived += (_, line) => Look(line.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => found.TrySetException(new InvalidOperationException($"{program} ended at its start."));
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return new ServerProcess(process, await found.Task);

        void Look(string? line)
        {
            var at = line?.IndexOf("http://127.0.0.1:", StringComparison.Ordinal) ?? -1;
            if (at >= 0 && Uri.TryCreate(line![at..].Split(' ', '"')[0].TrimEnd('.', '/'), UriKind.Absolute, out var address)) found.TrySetResult(address);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
