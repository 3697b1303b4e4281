require "openssl"

module PatchboardWebhook
  TOLERANCE = 5 * 60 # seconds

  # Tells whether the signature of a request holds; answer 401 if it does not.
  #
  # The signature covers the bytes as they came, so the body must not be parsed before.
  #
  #   # Rails; in Sinatra: request.env["HTTP_WEBHOOK_ID"] and so on, request.body.read
  #   genuine = PatchboardWebhook.verify?(
  #     ENV.fetch("PATCHBOARD_WEBHOOK_SECRET"),
  #     request.headers["webhook-id"], request.headers["webhook-timestamp"],
  #     request.headers["webhook-signature"], request.raw_post
  #   )
  #   return head(:unauthorized) unless genuine
  #
  # The same webhook-id may come twice: it is the key to tell a repeated event by.
  def self.verify?(secret, id, timestamp, signatures, body)
    return false if id.to_s.empty? || !timestamp.to_s.b.match?(/\A\d{1,15}\z/)
    return false if (Time.now.to_i - timestamp.to_i).abs > TOLERANCE

    key = secret.delete_prefix("whsec_").unpack1("m0") # base64
    raise ArgumentError, "the signing secret is missing or cut off" if key.bytesize < 24

    signed = "#{id}.#{timestamp}.".b + body.b
    expected = "v1," + [OpenSSL::HMAC.digest("SHA256", key, signed)].pack("m0")
    # While a secret is being rotated there are two signatures; one that matches is enough.
    signatures.to_s.b.split(" ").any? { |one| OpenSSL.secure_compare(expected, one) }
  end
end
