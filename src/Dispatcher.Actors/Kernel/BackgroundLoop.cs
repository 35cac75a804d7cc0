using Microsoft.Extensions.Logging;

namespace Dispatcher.Kernel;

/// <summary>
/// The one life of every background loop: <see cref="Start"/> once, <see cref="Stop"/> any number of times, both safe from anywhere. A loop that throws
/// is logged and begins again after a growing delay; it ends only when it was asked to.
/// </summary>
public abstract partial class BackgroundLoop(ActorSystem system, ILogger logger) : IThreadPoolWorkItem
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _started;

    protected ActorSystem System { get; } = system;

    /// <summary>Does the loop's work until the token is cancelled.</summary>
    protected abstract Task Run(CancellationToken stopping);

    public void Start()
    {
        Check.That(Interlocked.Exchange(ref _started, 1) == 0);
        System.Scheduler.Schedule(this);
    }

    /// <summary>Asks the loop to end and waits for it.</summary>
    public Task Stop()
    {
        _stopping.Cancel();
        return Volatile.Read(ref _started) == 0 ? Task.CompletedTask : _ended.Task;
    }

    void IThreadPoolWorkItem.Execute() => _ = RunUntilStopped();

    private async Task RunUntilStopped()
    {
        var delay = FirstDelay;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await Run(_stopping.Token);
                break;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                LogFailure(_logger, exception, GetType().Name, delay.TotalMilliseconds);
            }

            await Task.Delay(delay, System.Time, _stopping.Token)
                .ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        }

        _ended.TrySetResult();
    }

    [LoggerMessage(10, LogLevel.Error, "The loop {Loop} failed and goes on in {DelayMs} ms.")]
    private static partial void LogFailure(ILogger logger, Exception exception, string loop, double delayMs);
}
