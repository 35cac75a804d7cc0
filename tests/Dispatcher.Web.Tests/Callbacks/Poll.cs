using System.Diagnostics;

namespace Dispatcher.Web.Tests.Callbacks;

/// <summary>Asks the service until it shows what it does in the background and tells by no event.</summary>
internal static class Poll
{
    /// <summary>Far longer than anything takes on a busy machine: whoever waits longer waits for nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<T> Until<T>(Func<Task<T>> ask, Func<T, bool> isRight)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask();
            if (isRight(answer)) return answer;
            Assert.True(watch.Elapsed < Patience, $"Waited in vain; the last answer was {answer}");
            await Task.Delay(TimeSpan.FromMilliseconds(15), TimeProvider.System);
        }
    }
}
