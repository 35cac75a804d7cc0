namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>
/// Where a value was written. Line and column count from 1; line 0 means that the source has no lines (an environment
/// variable).
/// </summary>
public readonly record struct HoconOrigin(string Source, int Line, int Column)
{
    /// <summary><c>file:line</c>, the form that editors open.</summary>
    public string FileAndLine => Line == 0 ? Source : string.Create(null, $"{Source}:{Line}");

    public override string ToString() => Line == 0 ? Source : string.Create(null, $"{Source}:{Line}:{Column}");
}
