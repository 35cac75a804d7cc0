using System.Globalization;

namespace Dispatcher.Process.Tests.Support;

/// <summary>The seed of a test's random instants: a fresh one each time, or the one in DISPATCHER_TEST_SEED to draw the same again.</summary>
internal static class Seed
{
    public static int Next() =>
        int.TryParse(Environment.GetEnvironmentVariable("DISPATCHER_TEST_SEED"), CultureInfo.InvariantCulture, out var given) ? given : new Random().Next();

    public static TimeSpan NextMilliseconds(this Random random, int below) => TimeSpan.FromMilliseconds(random.NextDouble() * below);
}
