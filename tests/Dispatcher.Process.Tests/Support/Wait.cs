using System.Diagnostics;

namespace Dispatcher.Process.Tests.Support;

/// <summary>Waits for what other processes do and tell by no event: a file, a row, a state of the kernel.</summary>
internal static class Wait
{
    /// <summary>Far longer than anything takes on a busy machine: whoever waits longer waits for nothing.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(15);

    /// <summary>Until the condition holds.</summary>
    /// <exception cref="TimeoutException">It does not come to hold; the message says what was waited for.</exception>
    public static async Task Until(Func<Task<bool>> condition, Func<string> what)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > Limit) throw new TimeoutException($"Waited {Limit.TotalSeconds:0} s in vain until {what()}.");
            await Task.Delay(PollEvery, TimeProvider.System);
        }
    }

    public static Task Until(Func<bool> condition, Func<string> what) => Until(() => Task.FromResult(condition()), what);

    /// <summary>A part of a plan of random instants, not a guess how long something takes.</summary>
    public static Task Instant(TimeSpan delay) => Task.Delay(delay, TimeProvider.System);
}
