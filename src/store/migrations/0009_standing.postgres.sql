-- How far the work is on what somebody waits for, while somebody works on it. It is shown and nothing is decided by it.

ALTER TABLE item ADD COLUMN standing TEXT; -- JSON
ALTER TABLE password_offer ADD COLUMN standing TEXT; -- JSON

-- What staff may stop: their own files and passwords, before anything has come of them, and no mail.

-- Takes an upload back for good. Whoever works on it cannot conclude it any more.
CREATE FUNCTION withdraw_upload(whose TEXT, which TEXT, who TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE item SET stage = 'quarantined', reason = 'withdrawn', leased_until = NULL, standing = NULL
    WHERE tenant = whose AND id = which AND stage = 'received' AND origin::json -> 'upload' ->> 'by' = who
        AND NOT EXISTS (SELECT 1 FROM arrival WHERE tenant = whose AND arrival.item = which);
    RETURN FOUND;
END $$;

-- Deletes typed passwords that nobody has finished trying. Whoever tries them cannot end that any more.
CREATE FUNCTION withdraw_offer(whose TEXT, which TEXT, what TEXT, who TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM password_offer
    WHERE tenant = whose AND id = which AND password_offer.item = what AND account = who AND sealed IS NOT NULL;
    RETURN FOUND;
END $$;

DO $$
DECLARE
    signature TEXT;
BEGIN
    FOREACH signature IN ARRAY ARRAY['withdraw_upload(text, text, text)', 'withdraw_offer(text, text, text, text)']
    LOOP
        EXECUTE FORMAT('ALTER FUNCTION %s SET search_path = %I, pg_temp', signature, current_schema());
        EXECUTE FORMAT('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
END $$;
