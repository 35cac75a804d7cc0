namespace Dispatcher.Store;

/// <summary>
/// Times as they are stored: whole microseconds UTC since 1970. What is finer is cut off on writing, so that both databases keep the
/// same; a time that was cut before (<see cref="Truncate"/>) comes back exactly.
/// </summary>
public static class StoredTime
{
    public static long ToMicroseconds(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        var microseconds = ticks / TimeSpan.TicksPerMicrosecond;
        return ticks % TimeSpan.TicksPerMicrosecond < 0 ? microseconds - 1 : microseconds;
    }

    public static DateTimeOffset FromMicroseconds(long microseconds) =>
        new(DateTimeOffset.UnixEpoch.Ticks + (microseconds * TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    public static DateTimeOffset Truncate(DateTimeOffset time) => FromMicroseconds(ToMicroseconds(time));
}
