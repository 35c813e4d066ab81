// Sends one message with Nodemailer: options and message as JSON in $RELAY_CLIENT.
const nodemailer = require("nodemailer");
const { transport, message } = JSON.parse(process.env.RELAY_CLIENT);
nodemailer
  .createTransport(transport)
  .sendMail(message)
  .then((info) => console.log(info.response))
  .catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
