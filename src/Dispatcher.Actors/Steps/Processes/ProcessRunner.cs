using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Text;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Processes;

/// <summary>
/// Runs allow-listed commands, each in a session of its own, and lets none of them outlive its attempt. Keeps:
/// 1. when <see cref="Run"/> returns or throws, the command's process group is gone, grandchildren and background processes too;
/// 2. output never blocks the command and never grows past its limit in memory;
/// 3. nothing goes through a shell, and no variable of Dispatcher's environment but a harmless few reaches a command;
/// 4. when Dispatcher itself is killed, the kernel kills the command (its own children, if it has any, only if they notice).
/// </summary>
public sealed class ProcessRunner(ProcessOptions options, TimeProvider time)
{
    /// <summary>Runs a command to its end; an exit code other than 0 is an outcome, not an exception.</summary>
    /// <exception cref="StepFailedException">
    /// The command is not allowed (<c>COMMAND_NOT_ALLOWED</c>), not installed (<c>COMMAND_NOT_FOUND</c>), did not start
    /// (<c>COMMAND_NOT_STARTED</c>), or took longer than <see cref="ProcessRequest.Timeout"/> (<c>COMMAND_TIMEOUT</c>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the process group was stopped first.</exception>
    public async ValueTask<ProcessOutcome> Run(ProcessRequest request, CancellationToken cancellation)
    {
        var startInfo = CommandLine.Prepare(request, options);
        cancellation.ThrowIfCancellationRequested();
        var startedAt = time.GetTimestamp();
        using var process = await Start(startInfo, request.Command).ConfigureAwait(false);

        using var deadline = new CancellationTokenSource(request.Timeout ?? Timeout.InfiniteTimeSpan, time);
        using var callbackFault = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token, callbackFault.Token);
        using var letGo = new CancellationTokenSource();
        var output = DrainOf(request.OnOutputLine, keepEnd: false);
        var error = DrainOf(request.OnErrorLine, keepEnd: true);
        var streams = Task.WhenAll(
            Feed(process.StandardInput.BaseStream, request.Input, letGo.Token),
            output.Drain(process.StandardOutput.BaseStream, callbackFault.Cancel, letGo.Token),
            error.Drain(process.StandardError.BaseStream, callbackFault.Cancel, letGo.Token));

        var stopped = await WaitForEnd(process, streams, () => output.BytesRead + error.BytesRead, letGo, stop.Token).ConfigureAwait(false);
        if ((output.CallbackFault ?? error.CallbackFault) is { } fault) ExceptionDispatchInfo.Throw(fault);
        if (stopped)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new StepFailedException(
                ErrorClass.Timeout, $"'{request.Command}' was stopped: it took longer than {request.Timeout}", "COMMAND_TIMEOUT");
        }

        return new ProcessOutcome(
            process.ExitCode, output.Kept.Text(), error.Kept.Text(), output.Kept.Truncated || error.Kept.Truncated, time.GetElapsedTime(startedAt));
    }

    private static async ValueTask<Process> Start(ProcessStartInfo startInfo, string command)
    {
        try
        {
            return await ProcessLauncher.Start(startInfo).ConfigureAwait(false);
        }
        catch (Win32Exception exception)
        {
            throw new StepFailedException(
                Failure.Of(ErrorClass.Transient, $"'{command}' did not start: {exception.Message}", "COMMAND_NOT_STARTED"), exception);
        }
    }

    private OutputDrain DrainOf(Action<string>? onLine, bool keepEnd) => new(
        new KeptBytes(options.OutputLimitBytes, keepEnd),
        onLine is null ? null : new LineSplitter(options.LineLimitCharacters, onLine));

    /// <summary>Writes the input, if any, and closes the pipe. A command that does not read its input is no fault.</summary>
    private static async Task Feed(Stream stream, string? input, CancellationToken letGo)
    {
        try
        {
            await using (stream.ConfigureAwait(false))
            {
                if (input is not null) await stream.WriteAsync(Encoding.UTF8.GetBytes(input), letGo).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The command closed its end; its exit code says whether that was right.
        }
    }

    /// <summary>
    /// Waits for the leader to end, or stops its group. Either way what is left of the group is killed, so that the pipes end. A process that left
    /// the group on its own may still hold a pipe: the pipes are let go when nothing has come for a whole grace. As long as something comes it is only this
    /// process that is slow to read, on a busy machine, and what the command wrote must not be lost. True if the group was stopped.
    /// </summary>
    private async ValueTask<bool> WaitForEnd(Process process, Task streams, Func<long> bytesRead, CancellationTokenSource letGo, CancellationToken stop)
    {
        var exit = process.WaitForExitAsync(CancellationToken.None);
        var stopped = false;
        try
        {
            await exit.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            stopped = true;
            ProcessGroup.Signal(process, ProcessGroup.Terminate);
            await WithinGrace(Task.WhenAll(exit, streams)).ConfigureAwait(false);
        }

        ProcessGroup.Signal(process, ProcessGroup.Kill);
        await exit.ConfigureAwait(false);
        var last = -1L;
        while (!await WithinGrace(streams).ConfigureAwait(false))
        {
            var now = bytesRead();
            if (now == last)
            {
                await letGo.CancelAsync().ConfigureAwait(false);
                break;
            }

            last = now;
        }

        await streams.ConfigureAwait(false);
        return stopped;
    }

    private async ValueTask<bool> WithinGrace(Task task)
    {
        try
        {
            await task.WaitAsync(options.KillGrace, time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
