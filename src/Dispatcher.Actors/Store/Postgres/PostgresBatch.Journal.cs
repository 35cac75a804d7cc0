using Dispatcher.Store.GroupCommit;

namespace Dispatcher.Store.Postgres;

/// <summary>Events and claims.</summary>
internal sealed partial class PostgresBatch
{
    private readonly List<(Claim Claim, int Append, int Place)> _sortedClaims = [];

    private PostgresArrays _appends = null!;
    private PostgresArray<Guid> _appendJob = null!;
    private PostgresArray<long> _appendExpected = null!;

    private PostgresArrays _events = null!;
    private PostgresArray<Guid> _eventJob = null!;
    private PostgresArray<long> _eventSequenceNr = null!;
    private PostgresArray<long> _eventAt = null!;
    private PostgresArray<string> _eventType = null!;
    private PostgresArray<ReadOnlyMemory<byte>> _eventPayload = null!;

    private PostgresArrays _claims = null!;
    private PostgresArray<int> _claimAppend = null!;
    private PostgresArray<int> _claimPlace = null!;
    private PostgresArray<string> _claimKind = null!;
    private PostgresArray<string> _claimKey = null!;
    private PostgresArray<string?> _claimFingerprint = null!;

    private void DefineJournal()
    {
        _appends = Group();
        _appendJob = _appends.Ids("append_job");
        _appendExpected = _appends.Longs("append_expected");

        _events = Group();
        _eventJob = _events.Ids("event_job");
        _eventSequenceNr = _events.Longs("event_sequence_nr");
        _eventAt = _events.Longs("event_at");
        _eventType = _events.Texts("event_type");
        _eventPayload = _events.Bytes("event_payload");

        _claims = Group();
        _claimAppend = _claims.Ints("claim_append");
        _claimPlace = _claims.Ints("claim_place");
        _claimKind = _claims.Texts("claim_kind");
        _claimKey = _claims.Texts("claim_key");
        _claimFingerprint = _claims.TextsOrNull("claim_fingerprint");
    }

    private void AddEvents(AppendRequest request)
    {
        _appends.Count++;
        _appendJob.Add(request.JobId.Value);
        _appendExpected.Add(request.ExpectedSequenceNr);
        for (var i = 0; i < request.Events.Count; i++)
        {
            var @event = request.Events[i];
            _events.Count++;
            _eventJob.Add(request.JobId.Value);
            _eventSequenceNr.Add(request.ExpectedSequenceNr + 1 + i);
            _eventAt.Add(Micros(@event.At));
            _eventType.Add(PostgresText.Clean(@event.Type));
            _eventPayload.Add(@event.Payload);
        }
    }

    private void AddClaims(IReadOnlyList<PendingAppend> appends)
    {
        _sortedClaims.Clear();
        for (var i = 0; i < appends.Count; i++)
        {
            var claims = appends[i].Request.Claims;
            for (var place = 0; place < claims.Count; place++) _sortedClaims.Add((claims[place], i + 1, place));
        }

        _sortedClaims.Sort(static (one, other) => Compare(one.Claim, other.Claim));
        foreach (var (claim, append, place) in _sortedClaims)
        {
            _claims.Count++;
            _claimAppend.Add(append);
            _claimPlace.Add(place);
            _claimKind.Add(PostgresText.Clean(claim.Kind));
            _claimKey.Add(PostgresText.Clean(claim.Key));
            _claimFingerprint.Add(CleanOrNull(claim.Fingerprint));
        }
    }

    private static int Compare(Claim one, Claim other)
    {
        var kinds = string.CompareOrdinal(one.Kind, other.Kind);
        return kinds != 0 ? kinds : string.CompareOrdinal(one.Key, other.Key);
    }
}
