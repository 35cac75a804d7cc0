namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>
/// The one error of the reader. The message reads <c>file:line:column: what was wrong. What to do.</c>
/// </summary>
public class HoconException : Exception
{
    public HoconException(HoconOrigin origin, string fault, string advice)
        : base($"{origin}: {fault}. {advice}.")
    {
        Origin = origin;
        Detail = $"{fault}. {advice}.";
    }

    public HoconOrigin Origin { get; }

    /// <summary>The message without its position.</summary>
    public string Detail { get; }
}

/// <summary>
/// A value was needed to compute itself. It has a type of its own because an optional substitution on the cycle turns it into
/// "undefined", while every other error stays an error.
/// </summary>
internal sealed class HoconCycleException(HoconOrigin origin, string fault, string advice) : HoconException(origin, fault, advice)
{
    /// <summary>The message says which path closes the cycle.</summary>
    public bool NamesPath { get; init; }
}
