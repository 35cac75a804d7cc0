using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Workers;

/// <summary>
/// What a lease is a lease of: one attempt of one step, as given to one worker. Workers carry it as opaque text and show it with everything they say, so
/// that whatever belongs to an earlier attempt, or to an earlier holder of this one, is recognised and refused.
/// </summary>
/// <param name="Attempt">Counted from 1.</param>
/// <param name="Token">The fencing token: the number of the job's event that recorded the lease. A later lease of a job has a larger one.</param>
public sealed record LeaseKey(JobId JobId, StepKey Step, int Attempt, long Token)
{
    /// <summary>Characters of the longest text that is looked at.</summary>
    private const int LimitCharacters = 400;

    /// <summary>The text that workers carry: letters, digits, dash and underscore.</summary>
    public string ToText() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{JobId}/{Attempt}/{Token}/{Step.Item?.ToString(CultureInfo.InvariantCulture) ?? "-"}/{Step.Id}")));

    /// <summary>False for anything that <see cref="ToText"/> did not write.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out LeaseKey? key)
    {
        key = null;
        if (text.Length is 0 or > LimitCharacters || !Base64Url.IsValid(text)) return false;
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split('/', 5);
        var isKey = parts.Length == 5
            && JobId.TryParse(parts[0], out _)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && (parts[3] == "-" || int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out _));
        if (!isKey) return false;
        int? item = parts[3] == "-" ? null : int.Parse(parts[3], CultureInfo.InvariantCulture);
        var read = new LeaseKey(
            JobId.Parse(parts[0]), new StepKey(parts[4], item), int.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture));
        // One lease has one text: other spellings of the same numbers were not written here.
        if (!string.Equals(read.ToText(), text, StringComparison.Ordinal)) return false;
        key = read;
        return true;
    }

    public override string ToString() => $"{JobId}/{Step} attempt {Attempt} token {Token}";
}
