using System.Collections.Frozen;

namespace Dispatcher.Workflows.Scheduling;

/// <summary>
/// Reads cron expressions as robfig/cron version 3 does (https://pkg.go.dev/github.com/robfig/cron/v3): five fields, or six with the second first;
/// macros; <c>@every</c>; a time zone before them.
/// </summary>
internal static class CronParser
{
    /// <summary>Characters of an expression.</summary>
    public const int LimitCharacters = 500;

    private static readonly string[] ZonePrefixes = ["CRON_TZ=", "TZ="];

    private static readonly FrozenDictionary<string, string> Macros = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["@yearly"] = "0 0 1 1 *",
        ["@annually"] = "0 0 1 1 *",
        ["@monthly"] = "0 0 1 * *",
        ["@weekly"] = "0 0 * * 0",
        ["@daily"] = "0 0 * * *",
        ["@midnight"] = "0 0 * * *",
        ["@hourly"] = "0 * * * *",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="CronException">It cannot be read, or it never fires.</exception>
    public static CronExpression Read(string text)
    {
        if (text.Length > LimitCharacters) throw new CronException("", LimitCharacters + 1, $"the expression has {text.Length} characters; at most {LimitCharacters} are allowed");
        if (text.FirstOrDefault(c => char.IsControl(c) && c != '\t') is var control and not '\0') throw new CronException("", text.IndexOf(control, StringComparison.Ordinal) + 1, "there is a control character");
        var words = Words(text);
        TimeZoneInfo? zone = null;
        if (words.Count > 0 && ZonePrefixes.FirstOrDefault(prefix => words[0].Text.StartsWith(prefix, StringComparison.Ordinal)) is { } found)
        {
            zone = Zone(words[0].Text[found.Length..], words[0].Column + found.Length);
            words.RemoveAt(0);
        }

        if (words.Count == 0) throw new CronException("", text.Length + 1, "there is nothing; write five fields (minute, hour, day of month, month, day of week) or a macro such as @daily");
        return words[0].Text[0] == '@' ? Descriptor(text, words, zone) : Fields(text, words, zone);
    }

    private static CronExpression Fields(string text, List<Word> words, TimeZoneInfo? zone)
    {
        if (words.Count is not (5 or 6))
        {
            var column = words.Count > 6 ? words[6].Column : text.TrimEnd().Length + 1;
            throw new CronException("", column, $"there are {words.Count} fields; write five (minute, hour, day of month, month, day of week), or six with the second first");
        }

        var at = words.Count - 5;
        var expression = new CronExpression(text, zone)
        {
            Seconds = at == 0 ? new CronSet(1, IsStar: false) : Read(CronField.Second, words[0]),
            Minutes = Read(CronField.Minute, words[at]),
            Hours = Read(CronField.Hour, words[at + 1]),
            DaysOfMonth = Read(CronField.DayOfMonth, words[at + 2]),
            Months = Read(CronField.Month, words[at + 3]),
            DaysOfWeek = Read(CronField.DayOfWeek, words[at + 4]),
        };
        if (expression.NeverFires) throw new CronException(CronField.DayOfMonth.Name, words[at + 2].Column, $"no day {words[at + 2].Text} is in the months {words[at + 3].Text}, so it never fires");
        return expression;
    }

    private static CronExpression Descriptor(string text, List<Word> words, TimeZoneInfo? zone)
    {
        var (name, column) = words[0];
        if (name.Equals("@every", StringComparison.OrdinalIgnoreCase)) return Every(text, words, zone);
        if (words.Count > 1) throw new CronException("", words[1].Column, $"nothing follows {name}");
        if (Macros.TryGetValue(name, out var fields)) return Fields(text, Words(fields), zone);
        throw new CronException("", column, $"there is no {Suggestion.Clip(name)}{Suggestion.For(name, Macros.Keys.Append("@every"))}; macros are {string.Join(", ", Macros.Keys.Order(StringComparer.Ordinal))} and @every with a duration");
    }

    private static CronExpression Every(string text, List<Word> words, TimeZoneInfo? zone)
    {
        const string field = "@every";
        if (words.Count != 2) throw new CronException(field, words.Count > 2 ? words[2].Column : text.TrimEnd().Length + 1, "takes one duration, such as @every 1h30m");
        var (duration, column) = words[1];
        if (!GoDuration.TryParse(duration, out var interval)) throw new CronException(field, column, $"'{Suggestion.Clip(duration)}' is no duration; write one such as 90s, 1h30m or 1.5h");
        if (interval <= TimeSpan.Zero) throw new CronException(field, column, $"{duration} is not more than nothing");
        if (interval > WorkflowLimits.Duration) throw new CronException(field, column, $"{duration} is over {WorkflowLimits.Duration.TotalDays} days");
        // Whole seconds, and at least one, as robfig/cron has it.
        var seconds = Math.Max(1, (long)interval.TotalSeconds);
        return new CronExpression(text, zone) { Interval = TimeSpan.FromSeconds(seconds) };
    }

    private static CronSet Read(CronField field, Word word) => field.Read(word.Text, word.Column);

    private static TimeZoneInfo Zone(string name, int column) =>
        ScheduleZone.Find(name) ?? throw new CronException("time zone", column, ScheduleZone.FaultOf(name));

    private static List<Word> Words(string text)
    {
        var words = new List<Word>();
        var at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var start = at;
            while (at < text.Length && !char.IsWhiteSpace(text[at])) at++;
            words.Add(new Word(text[start..at], start + 1));
        }

        return words;
    }

    private readonly record struct Word(string Text, int Column);
}
