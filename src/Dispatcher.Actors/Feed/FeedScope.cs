using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Feed;

/// <summary>
/// What a subscriber follows, and how positions in it are written. Within a job a position is the event's sequence number (<c>17</c>); in the stream of a tenant or
/// workflow it is a place in the journal (<c>o123</c>), which grows with gaps and means nothing else.
/// </summary>
public abstract record FeedScope
{
    /// <summary>Before the number of a place in the journal.</summary>
    internal const string JournalPrefix = "o";

    private FeedScope(string tenant) => Tenant = tenant;

    public string Tenant { get; }

    /// <summary>Before the number of a written position; empty for a job.</summary>
    public virtual string PositionPrefix => JournalPrefix;

    internal abstract FeedTopic Topic { get; }

    /// <summary>All jobs of a tenant.</summary>
    public sealed record OfTenant : FeedScope
    {
        public OfTenant(string tenant) : base(tenant)
        {
        }

        internal override FeedTopic Topic => new(Tenant, Workflow: null, default);

        internal override bool Covers(JobId job, JobAddress address) => string.Equals(address.Tenant, Tenant, StringComparison.Ordinal);
    }

    /// <summary>All jobs of a tenant that run a workflow, in whatever version.</summary>
    public sealed record OfWorkflow : FeedScope
    {
        public OfWorkflow(string tenant, string workflow) : base(tenant) => Workflow = workflow;

        public string Workflow { get; }

        internal override FeedTopic Topic => new(Tenant, Workflow, default);

        internal override bool Covers(JobId job, JobAddress address) =>
            string.Equals(address.Tenant, Tenant, StringComparison.Ordinal) && string.Equals(address.Workflow, Workflow, StringComparison.Ordinal);
    }

    /// <summary>One job. Whoever asks has made sure that the caller may see it.</summary>
    public sealed record OfJob : FeedScope
    {
        public OfJob(JobId job, JobAddress address) : base(address.Tenant) => (Job, Address) = (job, address);

        public JobId Job { get; }

        public JobAddress Address { get; }

        public override string PositionPrefix => "";

        internal override FeedTopic Topic => FeedTopic.Of(Job);

        internal override bool Covers(JobId job, JobAddress address) => job == Job;
    }

    internal abstract bool Covers(JobId job, JobAddress address);

    /// <summary>Where an event stands in this scope.</summary>
    public long PlaceOf(FeedEvent given) => this is OfJob ? given.SequenceNr : given.Ordering;

    public string Write(long position) => string.Create(CultureInfo.InvariantCulture, $"{PositionPrefix}{position}");

    /// <summary>False if the text is not a position of this scope.</summary>
    public bool TryRead(ReadOnlySpan<char> text, out long position)
    {
        position = 0;
        return text.StartsWith(PositionPrefix, StringComparison.Ordinal)
            && long.TryParse(text[PositionPrefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out position);
    }
}

/// <summary>Where subscribers meet events: a tenant, a tenant's workflow, or a job.</summary>
internal readonly record struct FeedTopic(string? Tenant, string? Workflow, JobId Job)
{
    public static FeedTopic Of(JobId job) => new(Tenant: null, Workflow: null, job);
}
