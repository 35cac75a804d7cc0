using Microsoft.Extensions.Logging;

namespace Dispatcher.Kernel;

/// <summary>
/// The actors of one node and the edges they stand on: scheduler, clock, timers, log. No statics: ten systems live in one process.
/// </summary>
public sealed partial class ActorSystem(ActorScheduler scheduler, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly ILogger _logger = logger;
    private long _deadLetters;
    private long _restarts;
    private long _alive;

    public ActorScheduler Scheduler { get; } = scheduler;

    public TimeProvider Time { get; } = time;

    public TimerQueue Timers { get; } = new(time);

    /// <summary>Messages that nobody received, since the start.</summary>
    public long DeadLetters => Interlocked.Read(ref _deadLetters);

    /// <summary>Actors that failed and were replaced, since the start.</summary>
    public long Restarts => Interlocked.Read(ref _restarts);

    /// <summary>Actors that live now.</summary>
    public long Alive => Interlocked.Read(ref _alive);

    /// <summary>Starts an actor; its <see cref="Actor.Started"/> runs soon, on the scheduler.</summary>
    public ActorCell Spawn(Func<Actor> factory, Supervision? supervision = null)
    {
        var cell = Create(factory, supervision);
        cell.Start();
        return cell;
    }

    /// <summary>Makes an actor that begins its life only with <see cref="ActorCell.Start"/>, so that an address can be published first.</summary>
    public ActorCell Create(Func<Actor> factory, Supervision? supervision = null) => new(this, factory, supervision ?? Supervision.Default);

    public void Dispose() => Timers.Dispose();

    internal Task Delay(TimeSpan delay) => Task.Delay(delay, Time);

    internal void OnStarted() => Interlocked.Increment(ref _alive);

    internal void OnStopped(ActorCell cell)
    {
        Check.That(cell.System == this);
        Interlocked.Decrement(ref _alive);
    }

    internal void ReportDeadLetter(ActorCell cell, object letter)
    {
        Interlocked.Increment(ref _deadLetters);
        if (letter is IDeadLetter known) known.Undelivered();
        LogDeadLetter(_logger, letter.GetType().Name, cell.GetHashCode());
    }

    internal void Report(ActorFailure failure, ILogger? logger)
    {
        if (failure.RestartAfter is not null) Interlocked.Increment(ref _restarts);
        if (failure.BudgetSpent) LogBudgetSpent(logger ?? _logger, failure.Exception, failure.RestartAfter?.TotalSeconds);
        else LogRestart(logger ?? _logger, failure.Exception, failure.RestartAfter?.TotalMilliseconds);
    }

    [LoggerMessage(1, LogLevel.Debug, "A message {MessageType} reached a stopped actor {Cell}.")]
    private static partial void LogDeadLetter(ILogger logger, string messageType, int cell);

    [LoggerMessage(2, LogLevel.Warning, "An actor failed and restarts in {DelayMs} ms.")]
    private static partial void LogRestart(ILogger logger, Exception exception, double? delayMs);

    [LoggerMessage(3, LogLevel.Error, "An actor failed more often than its restart budget allows; next restart in {DelaySeconds} s (never if empty).")]
    private static partial void LogBudgetSpent(ILogger logger, Exception exception, double? delaySeconds);
}

/// <summary>A message that wants to know when nobody received it: one with a reply that somebody awaits, or one that carries a permit.</summary>
public interface IDeadLetter
{
    /// <summary>Called once when the message was taken and its receiver stopped before it.</summary>
    void Undelivered();
}
