using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Problems;

namespace Dispatcher.Web.Jobs.Listing;

/// <summary>Which jobs: as lists and bulk commands choose them. All that is given holds together.</summary>
internal sealed record JobFilter
{
    /// <summary>Terms that one search may have.</summary>
    private const int TermLimit = 10;

    public JobStatus? Status { get; init; }

    public string? Workflow { get; init; }

    /// <summary>Labels as <c>name=value</c>, and words; lower case.</summary>
    public IReadOnlyList<string> Terms { get; init; } = [];

    public DateTimeOffset? CreatedFrom { get; init; }

    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Reads a filter from texts as people write them.</summary>
    /// <param name="labels">Each <c>name=value</c>, or several with commas between.</param>
    /// <param name="text">Words with spaces between.</param>
    public static JobFilter Read(
        string? status, string? workflow, IEnumerable<string?> labels, string? text, DateTimeOffset? createdFrom, DateTimeOffset? createdBefore, ICollection<RequestFault> faults)
    {
        JobStatus? wanted = null;
        if (status is not null)
        {
            if (KebabCaseEnumConverter<JobStatus>.TryParse(status, out var known) && known != JobStatus.None) wanted = known;
            else faults.Add(new RequestFault("status", $"'{Excerpt.Of(status)}' is no status; use one of {string.Join(", ", Statuses)}"));
        }

        if (createdBefore <= createdFrom) faults.Add(new RequestFault("created_before", "is not after created_from"));
        return new JobFilter
        {
            Status = wanted,
            Workflow = workflow,
            Terms = TermsOf(labels, text, faults),
            CreatedFrom = createdFrom,
            CreatedBefore = createdBefore,
        };
    }

    public JobQuery ToQuery(string tenant, JobId? before, int limit) => new()
    {
        Tenant = tenant,
        Status = Status,
        WorkflowName = Workflow,
        Terms = Terms,
        CreatedFrom = CreatedFrom,
        CreatedBefore = CreatedBefore,
        Before = before,
        Limit = limit,
    };

    private static IEnumerable<string> Statuses => Enum.GetValues<JobStatus>().Where(status => status != JobStatus.None).Select(status => status.ToText());

    private static List<string> TermsOf(IEnumerable<string?> labels, string? text, ICollection<RequestFault> faults)
    {
        var terms = new List<string>();
        foreach (var label in labels.SelectMany(label => (label ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (label.IndexOf('=', StringComparison.Ordinal) < 1) faults.Add(new RequestFault("label", $"'{Excerpt.Of(label)}' is no label; write name=value"));
            else terms.Add(JobTerms.Spell(label));
        }

        foreach (var word in text?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? []) terms.Add(JobTerms.Spell(word));
        if (terms.Count > TermLimit) faults.Add(new RequestFault("text", $"there are {terms.Count} labels and words; at most {TermLimit} are allowed"));
        return [.. terms.Distinct(StringComparer.Ordinal)];
    }
}
