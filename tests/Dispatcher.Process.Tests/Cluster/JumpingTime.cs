using System.Globalization;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>A wall clock that is wrong by as many milliseconds as a file says; the monotonic one is right, as on a real machine.</summary>
internal sealed class JumpingTime(string file) : TimeProvider
{
    private static readonly TimeSpan ReadEvery = TimeSpan.FromMilliseconds(50);

    private readonly Lock _reading = new();
    private TimeSpan _offset;
    private long _readAt = long.MinValue;

    /// <summary>Where the clock of a node is set.</summary>
    public static string FileOf(string directory, string node) => Path.Combine(directory, $"clock-{node}");

    public static void Set(string file, TimeSpan offset) => File.WriteAllText(file, ((long)offset.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset();

    private TimeSpan Offset()
    {
        lock (_reading)
        {
            if (_readAt != long.MinValue && GetElapsedTime(_readAt) < ReadEvery) return _offset;
            _readAt = GetTimestamp();
            if (File.Exists(file) && long.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var milliseconds)) _offset = TimeSpan.FromMilliseconds(milliseconds);
            return _offset;
        }
    }
}
